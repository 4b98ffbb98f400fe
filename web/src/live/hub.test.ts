import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Hub, UNSEEN, type Tab } from './hub'
import type { ToTab } from './protocol'
import { PACE, Stream } from './stream'

/** The other end of `GET /events`: what was asked, and a body that one can write to. */
class Server {
  readonly asked: string[] = []
  status = 200
  private body: ReadableStreamDefaultController<Uint8Array> | undefined

  fetch = (url: string, { signal }: RequestInit): Promise<Response> => {
    this.asked.push(url)
    if (this.status === 0) return Promise.reject(new TypeError('refused'))
    if (this.status !== 200) return Promise.resolve(new Response(null, { status: this.status }))
    const body = new ReadableStream<Uint8Array>({ start: (controller) => (this.body = controller) })
    signal?.addEventListener('abort', () => this.cut())
    const after = /after=([^&]+)/.exec(url)?.[1]
    return Promise.resolve(
      new Response(body, { headers: { 'gesso-last-event-id': after ?? 'e.10' } }),
    )
  }

  say(event: string, data: object, id?: string): void {
    const lines = `${id ? `id: ${id}\n` : ''}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
    this.body?.enqueue(new TextEncoder().encode(lines))
  }

  cut(): void {
    try {
      this.body?.error(new TypeError('cut'))
    } catch {
      // It was cut before.
    }
  }
}

function tabOf(heard: ToTab[]): Tab {
  return { post: (message) => heard.push(message) }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

describe('the hub', () => {
  let server: Server
  let hub: Hub
  let heard: ToTab[]
  let tab: Tab
  const states = () => heard.flatMap((each) => (each.kind === 'link' ? [each.state] : []))
  const attach = async (to = tab, after: string | null = null) => {
    hub.hear(to, { kind: 'attach', after, visible: true })
    await settle()
  }

  beforeEach(() => {
    vi.useFakeTimers()
    server = new Server()
    hub = new Hub((listener) => new Stream(listener, server.fetch, () => 0.5))
    heard = []
    tab = tabOf(heard)
  })

  afterEach(() => vi.useRealTimers())

  it('opens one stream for all tabs, and tells each of them', async () => {
    await attach()
    const others = [1, 2, 3].map(() => [] as ToTab[])
    for (const other of others) await attach(tabOf(other))
    server.say('task.queued', { task_id: 't' }, 'e.11')
    await settle()
    expect(server.asked).toEqual(['/api/v1/events'])
    for (const each of [heard, ...others])
      expect(each.filter(({ kind }) => kind === 'events')).toHaveLength(1)
  })

  it('goes on behind its cursor after a break', async () => {
    await attach()
    server.say('task.queued', { task_id: 't' }, 'e.11')
    await settle()
    server.cut()
    await settle()
    expect(states().at(-1)).toBe('reconnecting')
    await vi.advanceTimersByTimeAsync(PACE.first)
    expect(server.asked.at(-1)).toBe('/api/v1/events?after=e.11')
    expect(states().at(-1)).toBe('live')
  })

  it('waits longer each time while the server is away, half a minute at most', async () => {
    server.status = 0
    await attach()
    await vi.advanceTimersByTimeAsync(10 * 60_000)
    const tries = server.asked.length
    expect(tries).toBeGreaterThan(20)
    expect(tries).toBeLessThan(60)
    server.status = 200
    await vi.advanceTimersByTimeAsync(PACE.most)
    expect(states().at(-1)).toBe('live')
  })

  it('takes a silent stream for dead', async () => {
    await attach()
    await vi.advanceTimersByTimeAsync(PACE.silence + PACE.first)
    expect(server.asked).toHaveLength(2)
  })

  it('comes back at once when asked to', async () => {
    await attach()
    server.say('bye', { reason: 'renew' })
    await settle()
    expect(server.asked).toEqual(['/api/v1/events', '/api/v1/events?after=e.10'])
  })

  it('has one tab go on with the session when it is refused', async () => {
    server.status = 401
    await attach()
    const other: ToTab[] = []
    await attach(tabOf(other))
    const asked = [...heard, ...other].filter(({ kind }) => kind === 'renew')
    expect(asked.length).toBeGreaterThan(0)
    server.status = 200
    const chosen = heard.some(({ kind }) => kind === 'renew') ? tab : undefined
    hub.hear(chosen!, { kind: 'renewed', ok: true })
    await settle()
    expect(states().at(-1)).toBe('live')
  })

  it('stops when the session is over', async () => {
    server.status = 401
    await attach()
    hub.hear(tab, { kind: 'renewed', ok: false })
    await vi.advanceTimersByTimeAsync(10 * 60_000)
    expect(server.asked).toHaveLength(1)
    expect(heard.at(-1)).toEqual({ kind: 'ended' })
  })

  it('gives a tab that comes back what it missed', async () => {
    await attach()
    for (const seq of [11, 12, 13]) server.say('task.running', { n: seq }, `e.${seq}`)
    await settle()
    const late: ToTab[] = []
    await attach(tabOf(late), 'e.11')
    const events = late.flatMap((each) => (each.kind === 'events' ? each.events : []))
    expect(events.map((each) => each.cursor)).toEqual(['e.12', 'e.13'])
    const stranger: ToTab[] = []
    await attach(tabOf(stranger), 'e.2')
    expect(stranger).toContainEqual({ kind: 'joined', cursor: 'e.13' })
  })

  it('tells of a reset and goes on at its cursor', async () => {
    await attach()
    server.say('reset', { cursor: 'f.3', reason: 'other_epoch' })
    await settle()
    expect(heard.slice(-2)).toEqual([{ kind: 'reset' }, { kind: 'joined', cursor: 'f.3' }])
  })

  it('rests when nobody looks for some minutes, or nobody is there', async () => {
    await attach()
    hub.hear(tab, { kind: 'visible', visible: false })
    await vi.advanceTimersByTimeAsync(UNSEEN)
    expect(states().at(-1)).toBe('idle')
    hub.hear(tab, { kind: 'visible', visible: true })
    await settle()
    expect(states().at(-1)).toBe('live')
    const tries = server.asked.length
    hub.hear(tab, { kind: 'leave' })
    await vi.advanceTimersByTimeAsync(UNSEEN)
    expect(server.asked).toHaveLength(tries)
  })

  it('says so when no stream can be held', async () => {
    await attach()
    for (let broken = 0; broken < 3; broken += 1) {
      server.cut()
      await vi.advanceTimersByTimeAsync(PACE.first)
    }
    expect(states()).toContain('polling')
  })

  it('keeps still while the network is away', async () => {
    await attach()
    hub.hear(tab, { kind: 'network', online: false })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(states().at(-1)).toBe('offline')
    expect(server.asked).toHaveLength(1)
    hub.hear(tab, { kind: 'network', online: true })
    await settle()
    expect(states().at(-1)).toBe('live')
  })
})
