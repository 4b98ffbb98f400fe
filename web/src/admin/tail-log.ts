/** The last events that came, for as long as the tail is open. Paused, it keeps what comes aside. */

import { useCallback, useMemo, useRef, useState } from 'react'
import { type Batch, useTail } from './stream'
import type { TailEvent } from './tail-filter'

/** Events that are kept. */
export const KEPT = 5000

export interface TailLog {
  events: readonly TailEvent[]
  /** That came while it was paused. */
  waiting: number
  /** That came faster than anybody could read, and were not sent. */
  leftOut: number
  isPaused: boolean
  pause: () => void
  goOn: () => void
  clear: () => void
}

export function useTailLog(): TailLog {
  const [events, setEvents] = useState<readonly TailEvent[]>([])
  const [waiting, setWaiting] = useState(0)
  const [leftOut, setLeftOut] = useState(0)
  const [isPaused, setPaused] = useState(false)
  const aside = useRef<TailEvent[]>(undefined)

  useTail(
    useCallback((batch: Batch) => {
      setLeftOut((known) => known + batch.left_out)
      if (aside.current) {
        aside.current = joined(aside.current, batch.events)
        setWaiting(aside.current.length)
      } else setEvents((known) => joined(known, batch.events))
    }, []),
  )

  const pause = useCallback(() => {
    aside.current = []
    setPaused(true)
  }, [])
  const goOn = useCallback(() => {
    const kept = aside.current ?? []
    aside.current = undefined
    setEvents((known) => joined(known, kept))
    setWaiting(0)
    setPaused(false)
  }, [])
  const clear = useCallback(() => {
    if (aside.current) aside.current = []
    setEvents([])
    setWaiting(0)
    setLeftOut(0)
  }, [])

  return useMemo(
    () => ({ events, waiting, leftOut, isPaused, pause, goOn, clear }),
    [events, waiting, leftOut, isPaused, pause, goOn, clear],
  )
}

function joined(known: readonly TailEvent[], more: readonly TailEvent[]): TailEvent[] {
  const all = [...known, ...more]
  return all.length > KEPT ? all.slice(-KEPT) : all
}
