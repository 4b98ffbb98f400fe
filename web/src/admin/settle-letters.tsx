import { useState } from 'react'
import { discardLetter, requeueLetter } from '../api/calls'
import type { LetterOut } from '../api/types'
import { useSay } from '../say'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Progress } from '../ui/progress'
import { Failure } from '../ui/states'

export interface Settling {
  letters: readonly LetterOut[]
  how: 'requeue' | 'discard'
}

/** Says how many it will touch, then does it one by one; a failure stops it and shows where. */
export function SettleLetters({
  letters,
  how,
  onClose,
}: Settling & { onClose: (didSettle: boolean) => void }) {
  const say = useSay()
  const words = say.console
  const announce = useAnnounce()
  const [done, setDone] = useState(0)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>()
  const count = letters.length
  const isRequeue = how === 'requeue'

  const settle = async () => {
    setBusy(true)
    setFailure(undefined)
    try {
      for (let place = done; place < count; place++) {
        const path = { letter_id: letters[place]!.id }
        await (isRequeue ? requeueLetter({ path }) : discardLetter({ path }))
        setDone(place + 1)
      }
      announce(words.lettersDone(count))
      onClose(true)
    } catch (thrown) {
      setFailure(thrown)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog
      open
      onOpenChange={() => onClose(done > 0)}
      dismissable={!isBusy}
      title={isRequeue ? words.requeueTitle(count) : words.discardTitle(count)}
      description={isRequeue ? words.requeueTells : words.discardTells}
      actions={
        <Button look={isRequeue ? 'primary' : 'danger'} busy={isBusy} onClick={() => void settle()}>
          {isBusy ? say.shell.asking : isRequeue ? words.requeue : words.discard}
        </Button>
      }
    >
      {failure !== undefined && <Failure error={failure} />}
      {count > 1 && done > 0 && (
        <div className="mt-2">
          <p className="text-label text-ink-2 figures">{words.doneOf(done, count)}</p>
          <Progress label={words.deadLetters} value={done / count} className="mt-1" />
        </div>
      )}
    </Dialog>
  )
}
