import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { countByDayOptions } from '../api/queries'
import { onEvent, useLink } from '../live'
import { type HistoryList, timeZone } from './list'

/** Milliseconds within which new tasks are counted together. */
const TOGETHER = 400

/** How many tasks that match have come since the moment that is shown, or at all where nothing is
 * shown. Counted when the stream
 * tells of a new task, and when it was away. */
export function useNews({ filters, pin, isLoading }: HistoryList): number {
  const queryClient = useQueryClient()
  const { state } = useLink()
  const since = pin && (!filters.from || filters.from < pin) ? pin : filters.from
  const options = countByDayOptions({
    query: { ...filters, ...(since && { from: since }), time_zone: timeZone() },
  })
  const canGrow = !isLoading && (!filters.to || (pin !== undefined && filters.to > pin))
  const { data } = useQuery({ ...options, staleTime: 0, enabled: canGrow })

  const latest = useRef(options.queryKey)
  useEffect(() => {
    latest.current = options.queryKey
  })
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = onEvent(({ type }) => {
      if (type !== 'task.queued') return
      timer ??= setTimeout(() => {
        timer = undefined
        void queryClient.invalidateQueries({ queryKey: latest.current, exact: true })
      }, TOGETHER)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [queryClient])
  useEffect(() => {
    if (state === 'catching-up')
      void queryClient.invalidateQueries({ queryKey: latest.current, exact: true })
  }, [state, queryClient])

  return canGrow ? (data?.total ?? 0) : 0
}
