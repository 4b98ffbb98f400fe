/** The events that this tab has heard of late, and from where on it has heard them all. */

import { isBefore, parseCursor, type LiveEvent } from './protocol'
import { reduceTask, reduceWallet, type TaskLike, type WalletLike } from './reduce'

const KEPT = 1000

/** Snapshots and events meet here: whatever is read is brought up to what was heard since. */
export class EventLog {
  /** The cursor of the last event that was heard. */
  last: string | null = null
  /** Behind this cursor every event is here: a snapshot from before it may miss something. */
  coveredFrom: string | null = null
  private events: LiveEvent[] = []

  /** Take an event in; `known` was heard before, `gap`: something before it was not heard. */
  take(event: LiveEvent): 'new' | 'known' | 'gap' {
    if (event.cursor === null) return 'new'
    const [now, before] = [parseCursor(event.cursor), parseCursor(this.last)]
    const isSame = now !== null && before?.epoch === now.epoch
    if (isSame && now.seq <= before.seq) return 'known'
    const isNext = isSame && now.seq === before.seq + 1
    this.last = event.cursor
    if (!isNext && before !== null) this.begin(event.cursor)
    this.keep(event)
    return isNext || before === null ? 'new' : 'gap'
  }

  /** From here on everything will be heard. */
  begin(cursor: string): void {
    this.events = []
    this.coveredFrom = cursor
    if (isBefore(this.last, cursor)) this.last = cursor
  }

  /** Forget everything: somebody else is here. */
  clear(): void {
    this.events = []
    this.last = null
    this.coveredFrom = null
  }

  /** A task as it was read, with what was heard of it since. */
  bringUp<Task extends TaskLike>(task: Task): Task {
    return this.events.reduce((known, event) => reduceTask(known, event), task)
  }

  /** A wallet as it was read, with what was heard of it since. */
  bringUpWallet<Wallet extends WalletLike>(wallet: Wallet): Wallet {
    return this.events.reduce((known, event) => reduceWallet(known, event), wallet)
  }

  private keep(event: LiveEvent): void {
    this.events.push(event)
    if (this.events.length > KEPT) this.coveredFrom = this.events.shift()!.cursor
  }
}
