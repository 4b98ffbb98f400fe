import type { TaskOut } from '../api/types'
import { useSay } from '../say'

export type TaskStatus = TaskOut['status']

/** The shape and the pigment of each state; the word says it, these repeat it. */
export const MARKS: Record<TaskStatus, { shape: string; colour: string }> = {
  queued: { shape: '○', colour: 'text-ink-2' },
  running: { shape: '◐', colour: 'text-ultramarine' },
  awaiting_selection: { shape: '▲', colour: 'text-ochre' },
  completed: { shape: '●', colour: 'text-verdigris' },
  failed: { shape: '✕', colour: 'text-vermilion' },
  cancelled: { shape: '○', colour: 'text-bone' },
  expired: { shape: '○', colour: 'text-bone' },
}

/** A task's state: word, colour, shape. */
export function StatusWord({ status }: { status: TaskStatus }) {
  const say = useSay()
  const { shape, colour } = MARKS[status]
  return (
    <span
      className={`inline-flex items-center gap-1.5 text-label font-semibold whitespace-nowrap ${colour}`}
    >
      <span aria-hidden>{shape}</span>
      {say.task.status[status]}
    </span>
  )
}
