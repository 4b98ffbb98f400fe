import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { listTasks } from '../api/calls'
import { listTasksQueryKey } from '../api/queries'
import type { ListTasksResponse, TaskRowOut } from '../api/types'
import { type LiveEvent, onEvent } from '../live'

/** Milliseconds within which rows are read again together. */
const TOGETHER = 300
/** Rows above which the pages are read again instead. */
const FEW = 8

/** Reads rows again of which an event tells less than a row shows: pictures and counts of pieces.
 * Only the row itself is asked for, by the instant at which it was made. */
export function useFreshRows(): void {
  const queryClient = useQueryClient()
  useEffect(() => {
    const ids = new Set<string>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = onEvent((event) => {
      if (!event.data.task_id || !leavesRowToRead(event)) return
      ids.add(event.data.task_id)
      timer ??= setTimeout(() => {
        timer = undefined
        void readAgain(queryClient, new Set(ids))
        ids.clear()
      }, TOGETHER)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [queryClient])
}

function leavesRowToRead({ type }: LiveEvent): boolean {
  return /^job\.(completed|failed|cancelled|expired)$/.test(type) || type.startsWith('task.')
}

async function readAgain(queryClient: QueryClient, ids: ReadonlySet<string>): Promise<void> {
  const pages = pagesOf(queryClient)
  const known = pages.flatMap(({ data }) => data.items.filter(({ id }) => ids.has(id)))
  if (known.length > FEW) {
    await queryClient.invalidateQueries({ predicate: ({ queryKey }) => isPage(queryKey) })
    return
  }
  for (const { id, created_at } of known) {
    const from = new Date(Date.parse(created_at)).toISOString()
    const to = new Date(Date.parse(created_at) + 1).toISOString()
    const { data } = await listTasks({ query: { from, to } })
    const row = data.items.find((each) => each.id === id)
    if (row) put(queryClient, row)
  }
}

function put(queryClient: QueryClient, row: TaskRowOut): void {
  for (const { queryKey, data } of pagesOf(queryClient)) {
    const place = data.items.findIndex(({ id, rev }) => id === row.id && rev <= row.rev)
    if (place >= 0)
      queryClient.setQueryData(queryKey, { ...data, items: data.items.with(place, row) })
  }
}

function pagesOf(queryClient: QueryClient) {
  return queryClient
    .getQueriesData<ListTasksResponse>({ predicate: ({ queryKey }) => isPage(queryKey) })
    .flatMap(([queryKey, data]) => (data ? [{ queryKey, data }] : []))
}

const { _id: LIST } = listTasksQueryKey()[0]

function isPage(queryKey: readonly unknown[]): boolean {
  const [key] = queryKey as [{ _id?: string } | undefined]
  return key?._id === LIST
}
