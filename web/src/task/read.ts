/** Reading tasks: kept up to date by the stream, and put into the cache when one was just made. */

import type { QueryClient } from '@tanstack/react-query'
import { getTaskOptions, getTaskQueryKey, listTasksOptions } from '../api/queries'
import type { TaskOut } from '../api/types'
import { STREAMED } from '../queries'
import { underWayOptions } from '../shell/under-way'

/** One task. */
export const taskOptions = (id: string) => ({
  ...getTaskOptions({ path: { task_id: id } }),
  ...STREAMED,
})

/** The newest tasks, for what was made today. */
export const latestOptions = () => ({ ...listTasksOptions({ query: { limit: 20 } }), ...STREAMED })

/** Have a task that the server answered with where pages look for it. */
export function keepTask(queries: QueryClient, task: TaskOut): void {
  queries.setQueryData(getTaskQueryKey({ path: { task_id: task.id } }), (known?: TaskOut) =>
    known && known.rev > task.rev ? known : task,
  )
  void queries.invalidateQueries({ queryKey: latestOptions().queryKey })
  void queries.invalidateQueries({ queryKey: underWayOptions().queryKey })
}
