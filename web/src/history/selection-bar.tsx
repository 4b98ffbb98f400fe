import { X } from 'lucide-react'
import { useFormats, useSay } from '../say'
import { Button, IconButton } from '../ui/button'
import { AT_ONCE } from './run-again'
import type { Selection } from './selection'

interface Props {
  selection: Selection
  total: number
  onAgain: () => void
  onRemix: () => void
  onCancel: () => void
}

/** What can be done with what is selected; at the bottom, above the phone's bar. */
export function SelectionBar({ selection, total, onAgain, onRemix, onCancel }: Props) {
  const say = useSay()
  const { number } = useFormats()
  const count = selection.countOf(total)
  const tooMany = selection.isAll || count > AT_ONCE ? say.history.againMany(AT_ONCE) : undefined
  return (
    <div
      role="toolbar"
      aria-label={say.history.actions}
      className="fixed inset-x-0 bottom-14 z-20 flex flex-wrap items-center gap-2 border-t border-line bg-panel px-4 py-2 shadow-layer md:bottom-0 md:px-6"
    >
      <span className="mr-2 font-semibold figures">{say.history.selected(number(count))}</span>
      <Button look="primary" blocked={tooMany} onClick={onAgain}>
        {say.history.again}
      </Button>
      {count === 1 && !selection.isAll && <Button onClick={onRemix}>{say.history.remix}</Button>}
      <Button look="danger" onClick={onCancel}>
        {say.history.cancel}
      </Button>
      {!selection.isAll && total > count && (
        <Button look="quiet" onClick={selection.all}>
          {say.history.selectAll(number(total))}
        </Button>
      )}
      <IconButton label={say.history.unselect} className="ml-auto" onClick={selection.clear}>
        <X size={20} strokeWidth={1.5} aria-hidden />
      </IconButton>
    </div>
  )
}
