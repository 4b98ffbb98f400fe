/**
 * The history as a list that knows its length before its rows.
 *
 * The server counts tasks by day, so every row has a place before it is read. Only the days in the
 * window are read, a page of rows at a time. All of it is as it was at one moment, the `pin`: what
 * comes later is told as new, and joins when the reader asks for it.
 */

import {
  type QueryClient,
  queryOptions,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { listTasks } from '../api/calls'
import { countByDayOptions, listTasksOptions } from '../api/queries'
import type { DaysOut, ListTasksResponse, TaskRowOut } from '../api/types'
import { STREAMED } from '../queries'
import { startOf, type TaskFilters } from './filters'
import type { Day, Part } from './plan'

/** Rows that are read at once. */
const PAGE = 100

/** What is shown: which tasks, up to which moment. */
export interface Shown {
  filters: TaskFilters
  /** The moment that is shown; undefined where there is nothing yet. */
  pin: string | undefined
}

export interface HistoryList extends Shown {
  days: readonly Day[]
  total: number
  /** Nothing is there yet. */
  isLoading: boolean
  /** What is there belongs to the filters before. */
  isLate: boolean
  error: unknown
  /** Show what has come since. */
  refresh: () => Promise<void>
}

/** The reader's time zone, whose days the list is made of. */
export const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone

/** The task with which the list begins. It stays the one that was found, whatever comes. */
const newestOptions = (filters: TaskFilters) =>
  queryOptions({
    ...STREAMED,
    queryKey: ['history', 'newest', filters],
    queryFn: async ({ signal }) =>
      (await listTasks({ query: { ...filters, limit: 1 }, signal })).data,
  })

const daysOptions = (filters: TaskFilters) => ({
  ...countByDayOptions({ query: { ...filters, time_zone: timeZone() } }),
  ...STREAMED,
})

/** How many tasks there are on which days. While other filters are asked for, the list stays as it
 * was, `isLate`. */
export function useHistory(wanted: TaskFilters): HistoryList {
  const queryClient = useQueryClient()
  const newest = useQuery(newestOptions(wanted))
  const counted = useQuery(daysOptions(wanted))
  const read =
    newest.data && counted.data
      ? { filters: wanted, newest: newest.data, counted: counted.data }
      : undefined
  const [last, setLast] = useState(read)
  if (read && !isSame(read, last)) setLast(read)
  const shown = useMemo(() => last && shownOf(last), [last])
  const refresh = useCallback(async () => {
    await Promise.all(
      [newestOptions(wanted), daysOptions(wanted)].map(({ queryKey }) =>
        queryClient.refetchQueries({ queryKey, exact: true }),
      ),
    )
  }, [queryClient, wanted])
  return {
    filters: shown?.filters ?? wanted,
    days: shown?.days ?? [],
    total: shown?.total ?? 0,
    pin: shown?.pin,
    isLoading: !shown,
    isLate: !read,
    error: newest.error ?? counted.error,
    refresh,
  }
}

interface Read {
  filters: TaskFilters
  newest: ListTasksResponse
  counted: DaysOut
}

function isSame(one: Read, other: Read | undefined): boolean {
  return (
    one.filters === other?.filters && one.newest === other.newest && one.counted === other.counted
  )
}

function shownOf({ filters, newest, counted }: Read) {
  const first = newest.items[0]
  const pin = first && justAfter(first.created_at)
  const days = pin ? counted.days.filter(({ day }) => startOf(day) < pin) : []
  return { filters, pin, days, total: days.reduce((sum, each) => sum + each.tasks, 0) }
}

/** The rows of these parts, as far as they are there: by day, in order. */
export function useRows(
  shown: Shown,
  parts: readonly Part[],
): ReadonlyMap<string, readonly TaskRowOut[]> {
  const queryClient = useQueryClient()
  const rested = useRested(parts)
  useQueries({ queries: rested.flatMap((part) => pagesFor(queryClient, shown, part)) })
  return new Map(parts.map(({ section: { day } }) => [day, rowsOf(queryClient, shown, day)]))
}

/** Milliseconds for which scrolling must rest before what it shows is asked for. */
const REST = 80

/** The parts at which the reader has stopped; what flies past is not asked for. */
function useRested(parts: readonly Part[]): readonly Part[] {
  const [rested, setRested] = useState(parts)
  useEffect(() => {
    const timer = setTimeout(() => setRested(parts), REST)
    return () => clearTimeout(timer)
  }, [parts])
  return rested
}

/** The rows of a part that may not have been read yet. */
export async function readRows(
  queryClient: QueryClient,
  shown: Shown,
  { section: { day }, from, to }: Part,
): Promise<readonly TaskRowOut[]> {
  const rows: TaskRowOut[] = []
  let cursor: string | undefined
  do {
    const page = await queryClient.query(pageOptions(shown, day, cursor))
    rows.push(...page.items)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined && rows.length < to)
  return rows.slice(from, to)
}

/** The pages of a day that a part needs, as far as their cursors are known. */
function pagesFor(queryClient: QueryClient, shown: Shown, { section, from, to }: Part) {
  const pages = []
  let cursor: string | undefined
  for (let page = 0; from < to && page * PAGE < to; page++) {
    const options = pageOptions(shown, section.day, cursor)
    pages.push(options)
    cursor = queryClient.getQueryData(options.queryKey)?.next_cursor ?? undefined
    if (cursor === undefined) break
  }
  return pages
}

function rowsOf(queryClient: QueryClient, shown: Shown, day: string): TaskRowOut[] {
  const rows: TaskRowOut[] = []
  let cursor: string | undefined
  do {
    const page = queryClient.getQueryData(pageOptions(shown, day, cursor).queryKey)
    rows.push(...(page?.items ?? []))
    cursor = page?.next_cursor ?? undefined
  } while (cursor !== undefined)
  return rows
}

function pageOptions({ filters, pin }: Shown, day: string, cursor: string | undefined) {
  const [from, to] = [startOf(day), startOf(day, 1)]
  const query = {
    ...filters,
    from: filters.from && filters.from > from ? filters.from : from,
    to: pin && pin < to ? pin : to,
    limit: PAGE,
    ...(cursor && { cursor }),
  }
  return { ...listTasksOptions({ query }), ...STREAMED }
}

/** The first instant that is surely behind another; instants of pages have milliseconds alone. */
function justAfter(at: string): string {
  return new Date(Date.parse(at) + 1).toISOString()
}
