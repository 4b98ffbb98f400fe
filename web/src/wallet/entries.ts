/** The movements, page by page, and the new ones on top as they come. */

import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { listEntries } from '../api/calls'
import type { EntryOut } from '../api/types'
import { type Filters, queryOf } from './filters'

interface EntryPage {
  items: EntryOut[]
  next_cursor?: string | null
}

const LIMIT = 50

/** Movements that match, the newest first; `rev` is the wallet's, which rises with each movement. */
export function useEntries(filters: Filters, rev: number | undefined) {
  const queryClient = useQueryClient()
  const query = useMemo(() => ({ ...queryOf(filters), limit: LIMIT }), [filters])
  const key = useMemo(() => ['wallet', 'entries', query], [query])

  const older = useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }): Promise<EntryPage> =>
      (await listEntries({ query: { ...query, ...(pageParam && { cursor: pageParam }) }, signal }))
        .data,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const newest = useQuery({
    queryKey: ['wallet', 'newest', query, rev],
    queryFn: async ({ signal }): Promise<EntryPage> => (await listEntries({ query, signal })).data,
    enabled: rev !== undefined && older.isSuccess,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

  const merged = useMemo(
    () => withNewest(older.data?.pages ?? [], newest.data),
    [older.data, newest.data],
  )
  const isTorn = merged === 'torn'
  useEffect(() => {
    if (isTorn) void queryClient.resetQueries({ queryKey: key })
  }, [isTorn, queryClient, key])
  return { older, rows: isTorn ? [] : merged }
}

/** All rows, each once, the newest first; `torn` where so many came that some between are unknown. */
export function withNewest(
  pages: readonly EntryPage[],
  newest: EntryPage | undefined,
): EntryOut[] | 'torn' {
  const known = pages.flatMap((page) => page.items)
  const top = known[0]?.seq ?? 0
  const fresh = newest?.items.filter((each) => each.seq > top) ?? []
  const hasAll = fresh.length < (newest?.items.length ?? 0) || !newest?.next_cursor
  if (known.length > 0 && fresh.length > 0 && !hasAll) return 'torn'
  return [...fresh, ...known]
}
