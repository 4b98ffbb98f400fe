/** The hub: one stream, told to every tab of this browser. */

import type { LinkState } from './link'
import { isBefore, type LiveEvent, type ToHub, type ToTab } from './protocol'
import { Stream } from './stream'

/** Milliseconds for which a stream is kept while every tab is hidden. */
export const UNSEEN = 5 * 60_000
/** Milliseconds between tries where a session that was gone on with is refused all the same. */
const REFUSED_PAUSE = 30_000
/** Events that are kept for tabs that come back. */
export const KEPT = 1000

export interface Tab {
  post: (message: ToTab) => void
}

interface Attached {
  tab: Tab
  visible: boolean
}

export class Hub {
  private readonly tabs = new Map<Tab, Attached>()
  private readonly stream: Stream
  private kept: LiveEvent[] = []
  /** The cursor before the first of the kept events. */
  private keptFrom: string | null = null
  private state: LinkState = 'idle'
  private since = Date.now()
  private isOnline = true
  private isEnded = false
  private renewing: Tab | undefined
  /** How often in a row the credentials were refused. */
  private refusals = 0
  private unseen: ReturnType<typeof setTimeout> | undefined

  constructor(
    open: (heard: ConstructorParameters<typeof Stream>[0]) => Stream = (heard) => new Stream(heard),
  ) {
    this.stream = open({
      onOpen: (cursor) => this.opened(cursor),
      onEvents: (events) => this.told(events),
      onReset: (cursor) => this.reset(cursor),
      onBreak: (isUnsteady) => this.say(isUnsteady ? 'polling' : 'reconnecting'),
      onRefused: () => this.refused(),
      onBuild: (id) => this.tell({ kind: 'build', id }),
    })
  }

  /** Where the stream begins when it is first opened. */
  beginAt(cursor: string | null): void {
    this.stream.cursor ??= cursor
  }

  hear(tab: Tab, message: ToHub): void {
    switch (message.kind) {
      case 'attach':
        this.attach(tab, message)
        break
      case 'visible':
        this.see(tab, message.visible)
        break
      case 'network':
        this.network(message.online)
        break
      case 'renewed':
        if (this.renewing === tab) this.renewed(message.ok)
        break
      case 'leave':
        this.leave(tab)
        break
      case 'stop':
        this.end()
    }
  }

  private attach(tab: Tab, { after, visible }: Extract<ToHub, { kind: 'attach' }>): void {
    this.tabs.set(tab, { tab, visible })
    this.isEnded = false
    tab.post({ kind: 'link', state: this.state, since: this.since })
    const cursor = this.stream.cursor
    if (this.state === 'live' && cursor !== null) this.join(tab, after, cursor)
    this.watchTabs()
    if (this.state !== 'live' && this.isOnline) this.stream.start()
  }

  /** Tell a tab what it missed where that is known; otherwise from where on it hears all. */
  private join(tab: Tab, after: string | null, cursor: string): void {
    const isKnown = after !== null && this.keptFrom !== null && !isBefore(after, this.keptFrom)
    const missed = this.kept.filter((each) => each.cursor && after && isBefore(after, each.cursor))
    if (isKnown && missed.length) tab.post({ kind: 'events', events: missed })
    tab.post({ kind: 'joined', cursor: isKnown ? after : cursor })
  }

  private opened(cursor: string): void {
    this.refusals = 0
    if (this.keptFrom === null) this.keptFrom = cursor
    this.say('live')
    this.tell({ kind: 'joined', cursor })
  }

  private told(events: LiveEvent[]): void {
    this.kept.push(...events.filter((each) => each.cursor !== null))
    if (this.kept.length > KEPT) {
      const gone = this.kept.splice(0, this.kept.length - KEPT)
      this.keptFrom = gone.at(-1)!.cursor
    }
    this.tell({ kind: 'events', events })
  }

  private reset(cursor: string): void {
    this.kept = []
    this.keptFrom = cursor
    this.tell({ kind: 'reset' })
    this.tell({ kind: 'joined', cursor })
  }

  private see(tab: Tab, visible: boolean): void {
    const attached = this.tabs.get(tab)
    if (!attached) return
    attached.visible = visible
    this.watchTabs()
    if (visible && !this.isEnded && this.isOnline && this.state !== 'live') this.stream.start()
  }

  private leave(tab: Tab): void {
    this.tabs.delete(tab)
    if (this.renewing === tab) this.askToRenew()
    if (this.tabs.size === 0) this.rest()
    else this.watchTabs()
  }

  /** With every tab hidden for some minutes nobody needs the stream. */
  private watchTabs(): void {
    clearTimeout(this.unseen)
    this.unseen = undefined
    const isSeen = [...this.tabs.values()].some((each) => each.visible)
    if (!isSeen) this.unseen = setTimeout(() => this.rest(), UNSEEN)
  }

  private rest(): void {
    this.stream.stop()
    this.say('idle')
  }

  private network(online: boolean): void {
    if (online === this.isOnline) return
    this.isOnline = online
    this.stream.stop()
    this.say(online ? 'reconnecting' : 'offline')
    if (online && this.tabs.size > 0 && !this.isEnded) this.stream.start()
  }

  /** Have one tab go on with the session; the one that is seen, if one is. */
  private refused(): void {
    this.say('reconnecting')
    this.refusals += 1
    if (this.refusals > 2) setTimeout(() => this.askToRenew(), REFUSED_PAUSE)
    else this.askToRenew()
  }

  private askToRenew(): void {
    const tabs = [...this.tabs.values()]
    const chosen = tabs.find((each) => each.visible) ?? tabs[0]
    this.renewing = chosen?.tab
    this.renewing?.post({ kind: 'renew' })
  }

  private renewed(ok: boolean): void {
    this.renewing = undefined
    if (ok) this.stream.start()
    else this.end()
  }

  private end(): void {
    this.isEnded = true
    this.stream.stop()
    this.stream.cursor = null
    this.kept = []
    this.keptFrom = null
    this.say('idle')
    this.tell({ kind: 'ended' })
  }

  private say(state: LinkState): void {
    if (state === this.state) return
    this.state = state
    this.since = Date.now()
    this.tell({ kind: 'link', state, since: this.since })
  }

  private tell(message: ToTab): void {
    for (const { tab } of this.tabs.values()) tab.post(message)
  }
}
