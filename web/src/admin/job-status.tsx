import { useSay } from '../say'
import type { JobStatus } from './live-states'

const LOOKS: Record<JobStatus, [shape: string, colour: string]> = {
  queued: ['○', 'text-ink-2'],
  submitting: ['◐', 'text-ultramarine'],
  unknown: ['▲', 'text-violet'],
  running: ['◐', 'text-ultramarine'],
  cancelling: ['◐', 'text-bone'],
  ingesting: ['◐', 'text-ultramarine'],
  retrying: ['▲', 'text-ochre'],
  completed: ['●', 'text-verdigris'],
  failed: ['✕', 'text-vermilion'],
  cancelled: ['○', 'text-bone'],
  expired: ['○', 'text-bone'],
}

/** A job's state: word, colour, shape. */
export function JobStatusWord({ status }: { status: string }) {
  const say = useSay()
  if (!isKnown(status)) return <span className="text-label">{status}</span>
  const [shape, colour] = LOOKS[status]
  return (
    <span className={`inline-flex gap-1.5 text-label font-semibold whitespace-nowrap ${colour}`}>
      <span aria-hidden>{shape}</span>
      {say.console.jobStatus[status]}
    </span>
  )
}

/** A newer server may have states that this page has no word for. */
function isKnown(status: string): status is JobStatus {
  return status in LOOKS
}
