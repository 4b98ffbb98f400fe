import { useState } from 'react'
import type { QueueIn, QueueOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { Sheet } from '../ui/sheet'
import { Failure } from '../ui/states'
import { Switch } from '../ui/switch'
import { begunBy, BOUNDS, changesTo, isSound, type Limit, LIMITS, typedOf } from './limits'

interface Props {
  queue: QueueOut
  error: unknown
  busy: boolean
  onSave: (changes: QueueIn) => void
  onClose: () => void
}

/** A queue's limits, with what a change will do before it is done. */
export function EditQueue({ queue, error, busy, onSave, onClose }: Props) {
  const say = useSay()
  const words = say.console
  const { number } = useFormats()
  const [typed, setTyped] = useState(() => typedOf(queue))
  const [priority, setPriority] = useState(queue.priority_enabled)
  const changes = changesTo(queue, typed, priority)
  const isNew = changes && Object.keys(changes).length > 0
  const labels: Record<Limit, string> = {
    max_concurrency: words.concurrency,
    timeout_seconds: words.timeout,
    max_attempts: words.attempts,
    backoff_first: words.backoffFirst,
    backoff_cap: words.backoffCap,
  }
  return (
    <Sheet open onOpenChange={onClose} title={words.editTitle(queue.name)}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (isNew && !busy) onSave(changes)
        }}
      >
        {LIMITS.map((each) => (
          <TextField
            key={each}
            label={labels[each]}
            hint={each === 'max_concurrency' ? words.concurrencyHint : undefined}
            inputMode={BOUNDS[each].isWhole ? 'numeric' : 'decimal'}
            value={typed[each]}
            autoComplete="off"
            error={
              isSound(each, typed[each])
                ? undefined
                : words.outOfBounds(number(BOUNDS[each].low), number(BOUNDS[each].high))
            }
            onChange={(event) => setTyped({ ...typed, [each]: event.target.value })}
          />
        ))}
        <Switch
          label={words.priority}
          hint={words.priorityHint}
          checked={priority}
          onChange={setPriority}
        />
        <p className="border-l-2 border-line pl-3 text-label text-ink-2" aria-live="polite">
          <Effect queue={queue} changes={changes} />
        </p>
        {error !== null && <Failure error={error} />}
        <Button
          type="submit"
          look="primary"
          busy={busy}
          blocked={isNew ? undefined : words.effectNone}
        >
          {busy ? say.shell.asking : words.save}
        </Button>
      </form>
    </Sheet>
  )
}

function Effect({ queue, changes }: { queue: QueueOut; changes: QueueIn | undefined }) {
  const words = useSay().console
  if (!changes || Object.keys(changes).length === 0) return words.effectNone
  const [from, to] = [queue.max_concurrency, changes.max_concurrency]
  if (typeof to !== 'number') return words.effectOther
  return to > from
    ? words.effectMore(from, to, begunBy(queue, to) - begunBy(queue, from))
    : words.effectLess(from, to)
}
