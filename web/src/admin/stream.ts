/**
 * The console's own stream: the house's counters, and what happens to everybody while the tail is
 * open. A tab has one, and only while it is seen; without changes nothing is asked for or sent.
 */

import type { QueryClient } from '@tanstack/react-query'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { renew } from '../api/session'
import { getOverviewQueryKey } from '../api/queries'
import type { OverviewOut } from '../api/types'
import type { TailEvent } from './tail-filter'

const URL = '/api/v1/overview/events'
/** Milliseconds until a stream that was refused is asked for again. */
const AGAIN = 5000

export interface Batch {
  events: readonly TailEvent[]
  left_out: number
}

type Hear = (batch: Batch) => void

const watchers = new Set<() => void>()
let isLive = false

function setLive(next: boolean): void {
  if (next === isLive) return
  isLive = next
  for (const watcher of watchers) watcher()
}

/** Whether the counters follow the house just now. */
export function useConsoleLive(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => isLive,
  )
}

const hearers = new Set<Hear>()

/** Have what happens to everybody, for as long as this is on the page. */
export function useTail(hear: Hear): void {
  useEffect(() => {
    hearers.add(hear)
    return () => {
      hearers.delete(hear)
    }
  }, [hear])
}

/** Follow the house; `tail`: also what happens to everybody. */
export function useConsoleStream(tail: boolean): void {
  const queryClient = useQueryClient()
  useEffect(() => {
    const stream = new Stream(queryClient, tail)
    return () => stream.end()
  }, [queryClient, tail])
}

class Stream {
  private source: EventSource | undefined
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly queryClient: QueryClient,
    private readonly tail: boolean,
  ) {
    document.addEventListener('visibilitychange', this.see)
    this.see()
  }

  end(): void {
    document.removeEventListener('visibilitychange', this.see)
    this.close()
  }

  private readonly see = (): void => {
    if (document.visibilityState === 'hidden') this.close()
    else if (!this.source) this.open()
  }

  private open(): void {
    const source = new EventSource(this.tail ? `${URL}?tail=true` : URL)
    this.source = source
    source.addEventListener('open', () => setLive(true))
    source.addEventListener('ops.counters', ({ data }: MessageEvent<string>) => {
      const counters = JSON.parse(data) as OverviewOut
      this.queryClient.setQueryData(getOverviewQueryKey(), counters)
    })
    source.addEventListener('ops.events', ({ data }: MessageEvent<string>) => {
      const batch = JSON.parse(data) as Batch
      for (const hear of hearers) hear(batch)
    })
    source.addEventListener('error', () => {
      setLive(false)
      // A browser tries again by itself unless it was refused: then the session may have run out.
      if (source.readyState !== EventSource.CLOSED) return
      this.close()
      this.timer = setTimeout(() => {
        void renew()
          .catch(() => false)
          .then(() => this.see())
      }, AGAIN)
    })
  }

  private close(): void {
    clearTimeout(this.timer)
    this.source?.close()
    this.source = undefined
    setLive(false)
  }
}
