import { useQuery } from '@tanstack/react-query'
import { listTasksOptions } from '../api/queries'
import type { TaskRowOut } from '../api/types'
import { STREAMED } from '../queries'
import { useMe } from './session'

/** Everything of one's own that has not ended; the stream keeps it up to date. */
export const underWayOptions = () => ({
  ...listTasksOptions({
    query: { status: ['queued', 'running', 'awaiting_selection'], limit: 50 },
  }),
  ...STREAMED,
})

/** One's tasks that have not ended, those that run first. */
export function useUnderWay(): TaskRowOut[] {
  const me = useMe()
  const { data } = useQuery({ ...underWayOptions(), enabled: !!me })
  const items = data?.items ?? []
  return [...items].sort((one, other) => ORDER[one.status]! - ORDER[other.status]!)
}

const ORDER: Partial<Record<TaskRowOut['status'], number>> = {
  awaiting_selection: 0,
  running: 1,
  queued: 2,
}
