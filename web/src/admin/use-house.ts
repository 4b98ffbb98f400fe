/** What the console reads of the house, and when it reads it again. */

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import {
  getOverviewOptions,
  getOverviewQueryKey,
  listQueuesOptions,
  listProvidersOptions,
} from '../api/queries'
import { useSay } from '../say'
import { useMe } from '../shell/session'

/** Milliseconds between two reads, however often the counters change. */
const CALM = 5000

/** The counters; the stream keeps them up to date. */
export function useOverview() {
  return useQuery({ ...getOverviewOptions(), staleTime: 0 })
}

export function useQueues() {
  const query = useQuery({ ...listQueuesOptions(), staleTime: 0 })
  useAgainOnChange(query.refetch)
  return query
}

export function useProviders() {
  const query = useQuery({ ...listProvidersOptions(), staleTime: 0 })
  useAgainOnChange(query.refetch)
  return query
}

/** Read again after the counters changed, at most every few seconds; a quiet house is not asked. */
function useAgainOnChange(refetch: () => Promise<unknown>): void {
  const queryClient = useQueryClient()
  useEffect(() => {
    const [overview] = getOverviewQueryKey()
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = queryClient.getQueryCache().subscribe(({ type, query }) => {
      const [key] = query.queryKey as [{ _id?: string } | undefined]
      if (type !== 'updated' || key?._id !== overview._id || timer) return
      timer = setTimeout(() => {
        timer = undefined
        void refetch()
      }, CALM)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [queryClient, refetch])
}

/** Why nothing may be changed here; undefined: it may. */
export function useReadOnly(): string | undefined {
  const say = useSay()
  return useMe()?.scopes.includes('operator') ? undefined : say.console.readOnly
}
