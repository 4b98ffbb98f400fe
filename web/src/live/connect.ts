/** The way from this tab to the hub: a shared worker, else the tab that leads, else one's own. */

import { Hub, type Tab } from './hub'
import type { ToHub, ToTab } from './protocol'
import workerUrl from './worker.ts?worker&url'

export interface Connection {
  post: (message: ToHub) => void
  /** Whether this tab must close its stream while it is hidden: nobody shares it. */
  isAlone: boolean
  close: () => void
}

type Hear = (message: ToTab) => void

interface Start {
  /** Whose stream it is; tabs of different people share nothing. */
  owner: string
  /** The cursor up to which this tab has heard. */
  cursor: () => string | null
  hear: Hear
  /** The hub is a new one: attach again. */
  onNewHub: () => void
  /** The shared worker does not start: connect without it. */
  onNoWorker: () => void
}

/** Connect in the best way that this browser has. */
export function connect(start: Start, withWorker = true): Connection {
  return (withWorker ? overWorker(start) : undefined) ?? overLeader(start) ?? alone(start)
}

function overWorker({ owner, hear, onNoWorker }: Start): Connection | undefined {
  if (!('SharedWorker' in globalThis)) return undefined
  try {
    const worker = new SharedWorker(workerUrl, { type: 'module', name: `gesso.live.${owner}` })
    worker.onerror = onNoWorker
    worker.port.onmessage = ({ data }: MessageEvent<ToTab>) => hear(data)
    return {
      isAlone: false,
      post: (message) => worker.port.postMessage(message),
      close: () => worker.port.close(),
    }
  } catch {
    return undefined
  }
}

interface Posted {
  from: string
  to: string
  message: ToHub | ToTab | { kind: 'new-hub' }
}

const HUB = 'hub'
const ALL = 'all'

/** The tab that holds the lock has the hub; when it is closed, the lock goes to the next. */
function overLeader({ owner, cursor, hear, onNewHub }: Start): Connection | undefined {
  const locks = (navigator as { locks?: LockManager }).locks
  if (!locks || !('BroadcastChannel' in globalThis)) return undefined
  const name = `gesso.live.${owner}`
  const channel = new BroadcastChannel(name)
  const self = Array.from(crypto.getRandomValues(new Uint32Array(2))).join('-')
  const leaving = new AbortController()
  let own: { hub: Hub; tab: Tab } | undefined

  const lead = () =>
    new Promise<void>((resign) => {
      leaving.signal.addEventListener('abort', () => resign())
      const hub = new Hub()
      hub.beginAt(cursor())
      const others = new Map<string, Tab>()
      channel.addEventListener('message', ({ data }: MessageEvent<Posted>) => {
        if (data.to !== HUB) return
        const tab = others.get(data.from) ?? {
          post: (message) => channel.postMessage({ from: HUB, to: data.from, message }),
        }
        others.set(data.from, tab)
        hub.hear(tab, data.message as ToHub)
      })
      own = { hub, tab: { post: (message) => queueMicrotask(() => hear(message)) } }
      channel.postMessage({ from: HUB, to: ALL, message: { kind: 'new-hub' } })
      onNewHub()
    })

  channel.addEventListener('message', ({ data }: MessageEvent<Posted>) => {
    if (data.to === ALL) onNewHub()
    else if (data.to === self) hear(data.message as ToTab)
  })
  void locks.request(name, { signal: leaving.signal }, lead).catch(() => undefined)

  return {
    isAlone: false,
    post: (message) => {
      if (own) own.hub.hear(own.tab, message)
      else channel.postMessage({ from: self, to: HUB, message } satisfies Posted)
    },
    close: () => {
      leaving.abort()
      channel.close()
    },
  }
}

/** Nothing to share with: a stream of one's own, while the tab is seen. */
function alone({ hear }: Start): Connection {
  const hub = new Hub()
  const tab: Tab = { post: (message) => queueMicrotask(() => hear(message)) }
  return {
    isAlone: true,
    post: (message) => hub.hear(tab, message),
    close: () => hub.hear(tab, { kind: 'leave' }),
  }
}
