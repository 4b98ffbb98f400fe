/** The connection to `GET /events`: held, resumed behind its cursor, given up when it is refused. */

import type { LiveEvent } from './protocol'
import { messagesIn } from './sse'

/** Milliseconds. */
export const PACE = {
  first: 1000,
  most: 30_000,
  /** Without a byte for so long the stream is taken for dead; the server speaks every 15 s. */
  silence: 45_000,
  /** A stream that ends sooner than this was not held. */
  held: 20_000,
  /** Breaks within `minute` after which it counts as one that cannot be held. */
  breaks: 3,
  minute: 60_000,
}

export interface Heard {
  /** The stream is open behind this cursor; everything after it will be told. */
  onOpen: (cursor: string) => void
  onEvents: (events: LiveEvent[]) => void
  onReset: (cursor: string) => void
  onBreak: (isUnsteady: boolean) => void
  /** The credentials do not reach here; call `start` again once they do. */
  onRefused: () => void
  onBuild: (id: string) => void
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>

export class Stream {
  cursor: string | null = null
  private failures = 0
  private breaks: number[] = []
  private running: AbortController | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private watchdog: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly heard: Heard,
    private readonly fetch: Fetch = (url, init) => globalThis.fetch(url, init),
    private readonly random: () => number = Math.random,
  ) {}

  /** Open it now, if it is not open. */
  start(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    if (!this.running) void this.run()
  }

  /** Close it; the cursor stays. */
  stop(): void {
    clearTimeout(this.timer)
    clearTimeout(this.watchdog)
    this.timer = undefined
    this.running?.abort()
    this.running = undefined
    this.failures = 0
  }

  private async run(): Promise<void> {
    const running = new AbortController()
    this.running = running
    const opened = Date.now()
    let outcome: 'again' | 'soon' | 'refused' | 'broken' | number = 'broken'
    let isOpen = false
    try {
      const response = await this.open(running)
      if (response.ok && response.body) {
        isOpen = true
        this.opened(response)
        outcome = await this.read(response.body, running)
      } else outcome = verdict(response)
    } catch {
      // The network, or the watchdog: it is opened anew.
    }
    clearTimeout(this.watchdog)
    if (this.running !== running) return
    this.running = undefined
    if (outcome === 'refused') this.heard.onRefused()
    else if (outcome === 'again') this.start()
    else this.breakOff(outcome, isOpen && Date.now() - opened < PACE.held)
  }

  private open(running: AbortController): Promise<Response> {
    this.watch(running)
    const query = this.cursor === null ? '' : `?after=${encodeURIComponent(this.cursor)}`
    return this.fetch(`/api/v1/events${query}`, {
      headers: { Accept: 'text/event-stream' },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: running.signal,
    })
  }

  private opened(response: Response): void {
    this.failures = 0
    const build = response.headers.get('gesso-build')
    if (build) this.heard.onBuild(build)
    this.cursor = response.headers.get('gesso-last-event-id') ?? this.cursor
    if (this.cursor !== null) this.heard.onOpen(this.cursor)
  }

  /** Read to the end; how it ended. */
  private async read(
    body: ReadableStream<Uint8Array>,
    running: AbortController,
  ): Promise<'again' | 'soon' | 'refused' | 'broken'> {
    for await (const { id, event, data } of messagesIn(body, () => this.watch(running))) {
      if (this.running !== running) return 'broken'
      const told = JSON.parse(data) as LiveEvent['data'] & { cursor?: string; reason?: string }
      if (event === 'bye')
        return told.reason === 'unwelcome' ? 'refused' : told.reason === 'renew' ? 'again' : 'soon'
      if (event === 'reset') {
        this.cursor = told.cursor ?? null
        if (this.cursor !== null) this.heard.onReset(this.cursor)
      } else if (event !== 'hello' && event !== 'heartbeat') {
        this.cursor = id ?? this.cursor
        this.heard.onEvents([{ cursor: id ?? null, type: event, data: told }])
      }
    }
    return 'soon'
  }

  private watch(running: AbortController): void {
    clearTimeout(this.watchdog)
    this.watchdog = setTimeout(() => running.abort(), PACE.silence)
  }

  private breakOff(outcome: 'soon' | 'broken' | number, wasShort: boolean): void {
    const now = Date.now()
    this.breaks = this.breaks.filter((at) => now - at < PACE.minute)
    if (wasShort && outcome === 'broken') this.breaks.push(now)
    const isUnsteady = this.breaks.length >= PACE.breaks
    this.heard.onBreak(isUnsteady)
    this.failures += 1
    const bound = Math.min(PACE.most, PACE.first * 2 ** (this.failures - 1))
    // Full jitter: clients that lost the server together come back apart.
    const wait = typeof outcome === 'number' ? outcome : 100 + this.random() * bound
    this.timer = setTimeout(() => this.start(), wait)
  }
}

/** What an answer that is no stream means: refused, or the milliseconds to wait. */
function verdict(response: Response): 'refused' | 'broken' | number {
  if (response.status === 401 || response.status === 403) return 'refused'
  const after = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
  return Number.isNaN(after) ? 'broken' : after * 1000
}
