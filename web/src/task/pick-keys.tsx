import type { TaskOut } from '../api/types'
import { useShortcut } from '../keys'
import { useSay } from '../say'
import { picturesOf } from './task'

interface Props {
  task: TaskOut
  onChoose: (index: number) => void
  onConfirm: (() => void) | undefined
}

/** `1` to `8` choose a picture, `Enter` makes something of it. */
export function PickKeys({ task, onChoose, onConfirm }: Props) {
  const say = useSay()
  useShortcut(
    { id: 'task.confirm', keys: 'Enter', label: say.task.keyConfirm, group: say.task.title },
    onConfirm,
  )
  return picturesOf(task)
    .slice(0, 9)
    .map((piece) => <PickKey key={piece.index} index={piece.index} onChoose={onChoose} />)
}

function PickKey({ index, onChoose }: { index: number; onChoose: (index: number) => void }) {
  const say = useSay()
  const keys = String(index + 1)
  useShortcut(
    { id: `task.pick.${keys}`, keys, label: say.task.keyPick(keys), group: say.task.title },
    () => {
      onChoose(index)
      document.querySelector<HTMLElement>(`[data-piece="${index}"]`)?.focus()
    },
  )
  return null
}
