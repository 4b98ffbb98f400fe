import { useQuery } from '@tanstack/react-query'
import type { TaskOut } from '../api/types'
import { useSay } from '../say'
import { taskOptions } from '../task/read'
import { nameOf } from '../task/task'
import { Button } from '../ui/button'
import { Link } from '../ui/link'

export interface Remixed {
  task: TaskOut | undefined
  isGone: boolean
}

/** The task that the form is filled from. */
export function useRemixed(id: string | undefined): Remixed {
  const { data, error } = useQuery({ ...taskOptions(id ?? ''), enabled: id !== undefined })
  return { task: id === undefined ? undefined : data, isGone: error !== null }
}

/** Says what the form was filled from. */
export function RemixNote({ remixed, onForget }: { remixed: Remixed; onForget: () => void }) {
  const say = useSay()
  const { task, isGone } = remixed
  if (!task)
    return isGone ? <p className="text-label text-ink-2">{say.workspace.remixGone}</p> : null
  return (
    <div className="flex items-center justify-between gap-2 border-l-2 border-bole pl-3 text-label text-ink-2">
      <span className="min-w-0 truncate">
        {say.workspace.remixOf}{' '}
        <Link to="/tasks/$id" params={{ id: task.id }}>
          {nameOf(task)}
        </Link>
      </span>
      <Button look="quiet" className="min-h-8! px-2! py-1! text-label!" onClick={onForget}>
        {say.workspace.forgetRemix}
      </Button>
    </div>
  )
}
