import type { OperationOut, TaskOut } from '../api/types'
import { useSay } from '../say'
import { join } from '../ui/join'
import { hasEnded, presentPhase } from './task'

type State = 'done' | 'now' | 'later' | 'stopped'

const COLOURS: Record<State, string> = {
  done: 'border-verdigris text-ink-2',
  now: 'border-ultramarine text-ink font-semibold',
  later: 'border-line text-ink-3',
  stopped: 'border-bone text-ink-2',
}

interface Props {
  task: TaskOut
  operation: OperationOut | undefined
}

/** Where a task of several steps is: accepted, images, your pick, model. */
export function Stages({ task, operation }: Props) {
  const say = useSay()
  const steps = stepsOf(operation)
  if (steps.length < 3) return null
  const states = statesOf(task, steps)
  const told = {
    done: say.task.stageDone,
    now: say.task.stageNow,
    later: say.task.stageLater,
    stopped: say.task.stageStopped,
  }
  return (
    <ol aria-label={say.task.stages} className="flex max-w-[30rem] text-label">
      {steps.map((step, place) => {
        const state = states[place]!
        return (
          <li
            key={step}
            aria-current={state === 'now' ? 'step' : undefined}
            className={join('grow basis-0 border-b-2 pb-2', COLOURS[state])}
          >
            {say.task.stage[step] ?? step}
            <span className="sr-only"> ({told[state]})</span>
          </li>
        )
      })}
    </ol>
  )
}

/** The steps of an operation: between two phases the owner chooses. */
function stepsOf(operation: OperationOut | undefined): string[] {
  const phases = operation?.phases.map((phase) => phase.name) ?? []
  return ['accepted', ...phases.flatMap((name, place) => (place ? ['selection', name] : [name]))]
}

function statesOf(task: TaskOut, steps: readonly string[]): State[] {
  const isOver = hasEnded(task.status)
  const phase = steps.includes(task.phase) ? task.phase : presentPhase(task)
  const at = task.status === 'queued' ? 0 : steps.indexOf(phase)
  return steps.map((_, place) => {
    if (task.status === 'completed') return place <= at ? 'done' : 'later'
    if (place < at || (place === 0 && at === 0)) return 'done'
    if (place === at) return isOver ? 'stopped' : 'now'
    return 'later'
  })
}
