/**
 * Live state: what the server tells flows into the cache, over one stream for all tabs.
 *
 * `worker.ts` or a leading tab holds the stream (`hub.ts`, `stream.ts`); every tab hears from it
 * (`connect.ts`, `protocol.ts`) and changes what it has read (`cache.ts`, `reduce.ts`). Pages do
 * nothing for it but read with `STREAMED`; who wants events themselves uses `onEvent`.
 */

import type { QueryClient } from '@tanstack/react-query'
import { onSessionEnded, renew, tellSessionEnded } from '../api/session'
import type { Me } from '../api/types'
import { compareBuild } from '../shell/build'
import { isMe, meOptions } from '../shell/session'
import { LiveCache } from './cache'
import { connect, type Connection } from './connect'
import { linkStatus, setLink } from './link'
import type { LiveEvent, ToTab } from './protocol'

export { useLink } from './link'
export type { LiveEvent } from './protocol'

const POLL = 5000
type Listener = (event: LiveEvent) => void
const listeners = new Set<Listener>()
let live: Live | undefined

/** Hear of every event, in order; for counts of what is new. Duplicates are possible. */
export function onEvent(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Have the cache follow the server while somebody is signed in. */
export function startLive(queries: QueryClient): void {
  live = new Live(queries)
}

/** End the stream for every tab: somebody signs out. */
export function stopLive(): void {
  live?.stop()
}

class Live {
  private readonly cache: LiveCache
  private connection: Connection | undefined
  private owner: string | undefined
  private polling: ReturnType<typeof setInterval> | undefined

  constructor(private readonly queries: QueryClient) {
    this.cache = new LiveCache(queries)
    queries.getQueryCache().subscribe(({ query }) => {
      if (isMe(query)) this.serve(query.state.data as Me | null | undefined)
    })
    this.serve(queries.getQueryData(meOptions.queryKey))
    onSessionEnded(() => this.serve(null))
    document.addEventListener('visibilitychange', () => this.see())
    addEventListener('online', () => this.network())
    addEventListener('offline', () => this.network())
    addEventListener('pagehide', () => this.connection?.post({ kind: 'leave' }))
    addEventListener('pageshow', ({ persisted }) => persisted && this.attach())
    if (!navigator.onLine) setLink('offline')
  }

  stop(): void {
    this.connection?.post({ kind: 'stop' })
    this.serve(null)
  }

  /** Follow for this person; nobody: for none. */
  private serve(me: Me | null | undefined): void {
    if (me === undefined || me?.id === this.owner) return
    this.connection?.post({ kind: 'leave' })
    this.connection?.close()
    this.connection = undefined
    this.owner = me?.id
    this.poll(false)
    this.cache.clear()
    if (!me) {
      setLink('idle')
      return
    }
    this.connect(me.id)
    if (!navigator.onLine) this.network()
  }

  private connect(owner: string, withWorker = true): void {
    const start = {
      owner,
      cursor: () => this.cache.cursor,
      hear: (message: ToTab) => this.hear(message),
      onNewHub: () => this.attach(),
      onNoWorker: () => this.connect(owner, false),
    }
    this.connection = connect(start, withWorker)
    this.attach()
  }

  private attach(): void {
    const visible = document.visibilityState === 'visible'
    if (this.connection?.isAlone && !visible) return
    this.connection?.post({ kind: 'attach', after: this.cache.cursor, visible })
  }

  private see(): void {
    const visible = document.visibilityState === 'visible'
    if (!this.connection) return
    if (!this.connection.isAlone) this.connection.post({ kind: 'visible', visible })
    else if (visible) this.attach()
    else this.connection.post({ kind: 'leave' })
  }

  private network(): void {
    const online = navigator.onLine
    this.connection?.post({ kind: 'network', online })
    if (!this.connection || !online) setLink(online ? 'idle' : 'offline')
  }

  private hear(message: ToTab): void {
    switch (message.kind) {
      case 'link':
        this.poll(message.state === 'polling')
        if (navigator.onLine || message.state === 'offline')
          setLink(message.state, new Date(message.since))
        break
      case 'joined':
        this.cache.joined(message.cursor)
        break
      case 'events':
        this.cache.take(message.events)
        for (const event of message.events) this.pass(event)
        break
      case 'reset':
        void this.catchUp()
        break
      case 'renew':
        void this.renew()
        break
      case 'build':
        compareBuild(message.id)
        break
      case 'ended':
        void this.queries.invalidateQueries({ queryKey: meOptions.queryKey })
    }
  }

  private pass(event: LiveEvent): void {
    if (event.type === 'session.ended')
      void this.queries.invalidateQueries({ queryKey: meOptions.queryKey })
    for (const listener of listeners) listener(event)
  }

  private async catchUp(): Promise<void> {
    setLink('catching-up')
    await this.cache.reset()
    if (linkStatus().state === 'catching-up') setLink('live')
  }

  private async renew(): Promise<void> {
    try {
      const ok = await renew()
      this.connection?.post({ kind: 'renewed', ok })
      if (!ok) tellSessionEnded()
    } catch {
      // The server is away: the stream is tried again by and by, and asks anew.
      setTimeout(() => this.connection?.post({ kind: 'renewed', ok: true }), POLL)
    }
  }

  /** While no stream can be held, what is seen is read every few seconds. */
  private poll(on: boolean): void {
    if (on === (this.polling !== undefined)) return
    clearInterval(this.polling)
    this.polling = on
      ? setInterval(() => {
          if (document.visibilityState === 'visible') void this.cache.readAll()
        }, POLL)
      : undefined
  }
}
