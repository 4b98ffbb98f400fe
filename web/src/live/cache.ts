/** The cache follows the stream: events change what was read, and say what has to be read again. */

import type { Query, QueryClient } from '@tanstack/react-query'
import { broughtUp, isPages, isRows, isTask, isWallet, log } from './bring-up'
import { isBefore, type LiveEvent } from './protocol'
import { hasEnded, leavesToRead, reduceTask, reduceWallet } from './reduce'
import { settleWith } from './settle'

/** Calls whose answers the stream keeps up to date. */
const TASK = 'getTask'
const TASKS = 'listTasks'
const WALLET = 'getWallet'
/** Calls that are read again when a task, or money, has moved. */
const OF_TASK = new Set([TASK, 'listJobs'])
const OF_MONEY = new Set([
  'listHolds',
  'listEntries',
  'getStatement',
  'getSeries',
  'listLots',
  'getSharedWallet',
])
const STREAMED = new Set([TASK, TASKS, WALLET])

/** Milliseconds within which reads for the same reason are one. */
const TOGETHER = 150

interface Key {
  _id: string
  _infinite?: boolean
  path?: { task_id?: string }
  query?: { status?: string[]; [filter: string]: unknown }
}

export class LiveCache {
  private waiting: LiveEvent[] = []
  private frame: number | undefined
  private toRead = new Set<string>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private readAgainFor = new WeakMap<Query, string>()

  constructor(private readonly queries: QueryClient) {
    settleWith(broughtUp)
    queries.getQueryCache().subscribe(({ type, query }) => {
      if (type === 'updated' && query.state.fetchStatus === 'idle') this.check(query as Query)
    })
  }

  /** The cursor of the last event that was heard. */
  get cursor(): string | null {
    return log.last
  }

  /** From this cursor on everything is heard. */
  joined(cursor: string): void {
    if (log.coveredFrom !== null && !isBefore(log.last, cursor)) return
    log.begin(cursor)
    for (const query of this.streamed()) this.check(query)
  }

  /** Nothing that was heard counts: what is seen is read anew, the rest when it is looked at. */
  reset(): Promise<void> {
    log.clear()
    return this.readAll()
  }

  /** Read everything that is seen and followed once more. */
  async readAll(): Promise<void> {
    await this.queries.invalidateQueries({
      predicate: ({ queryKey }) => isFollowed(keyOf(queryKey)),
    })
  }

  clear(): void {
    log.clear()
    this.waiting = []
  }

  /** Take events in; they show together with the next frame. */
  take(events: LiveEvent[]): void {
    for (const event of events) {
      const outcome = log.take(event)
      if (outcome === 'known') continue
      if (outcome === 'gap') void this.readAll()
      this.waiting.push(event)
    }
    if (this.waiting.length === 0) return
    // A hidden tab has no frames.
    if (document.visibilityState === 'hidden') this.flush()
    else this.frame ??= requestAnimationFrame(() => this.flush())
  }

  /** Show what has come. */
  flush(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame)
    this.frame = undefined
    const events = this.waiting
    this.waiting = []
    for (const query of this.streamed()) this.update(query, events)
    for (const event of events) this.follow(event)
  }

  private update(query: Query, events: LiveEvent[]): void {
    const known: unknown = query.state.data
    const next = events.reduce((data, event) => changed(data, event), known)
    const kept = withoutEnded(keyOf(query.queryKey), next)
    // Not `setQueryData`: that would take away the mark that a query has to be read again.
    if (kept !== known)
      query.setState({ data: kept, dataUpdateCount: query.state.dataUpdateCount + 1 })
  }

  /** What an event leaves to be read. */
  private follow(event: LiveEvent): void {
    const task = event.data.task_id
    if (event.type === 'wallet.changed') this.readSoon('money')
    if (task && (leavesToRead(event) || !isSpoken(event.type))) this.readSoon(task)
    if (task && event.type.startsWith('task.')) this.readSoon(`row:${task}`)
  }

  private readSoon(reason: string): void {
    this.toRead.add(reason)
    this.timer ??= setTimeout(() => {
      const reasons = this.toRead
      this.toRead = new Set()
      this.timer = undefined
      void this.queries.invalidateQueries({
        predicate: (query) => this.isFor(reasons, query),
      })
    }, TOGETHER)
  }

  private isFor(reasons: Set<string>, query: Query): boolean {
    const key = keyOf(query.queryKey)
    if (!key) return false
    if (OF_MONEY.has(key._id)) return reasons.has('money')
    if (OF_TASK.has(key._id)) return reasons.has(key.path?.task_id ?? '')
    return key._id === TASKS && !key._infinite && this.lacksRow(reasons, query)
  }

  /** Whether a short list by state should have a row that it has not. */
  private lacksRow(reasons: Set<string>, query: Query): boolean {
    // What ends at a moment gets no row that is newer.
    if (!isRows(query.state.data) || keyOf(query.queryKey)?.query?.to !== undefined) return false
    const known = new Set(query.state.data.items.map((row) => row.id))
    return [...reasons].some((each) => each.startsWith('row:') && !known.has(each.slice(4)))
  }

  /** Read again what was read before the stream was joined. */
  private check(query: Query): void {
    const from = log.coveredFrom
    if (from === null || !STREAMED.has(keyOf(query.queryKey)?._id ?? '')) return
    if (query.state.data === undefined || this.readAgainFor.get(query) === from) return
    const readAt = asOf(query.state.data)
    if (readAt !== undefined && !isBefore(readAt, from)) return
    this.readAgainFor.set(query, from)
    void this.queries.invalidateQueries({ queryKey: query.queryKey, exact: true })
  }

  private streamed(): Query[] {
    const all = this.queries.getQueryCache().getAll()
    return all.filter(({ queryKey }) => STREAMED.has(keyOf(queryKey)?._id ?? ''))
  }
}

function changed(data: unknown, event: LiveEvent): unknown {
  if (isTask(data)) return reduceTask(data, event)
  if (isWallet(data)) return event.data.wallet === undefined ? reduceWallet(data, event) : data
  if (isRows(data)) {
    const place = data.items.findIndex((row) => row.id === event.data.task_id)
    const row = data.items[place]
    if (!row) return data
    const next = reduceTask(row, event)
    return next === row ? data : { ...data, items: data.items.with(place, next) }
  }
  if (isPages(data)) {
    const pages = data.pages.map((page) => changed(page, event))
    return pages.every((page, place) => page === data.pages[place]) ? data : { ...data, pages }
  }
  return data
}

/** A short list of what is under way lets go of what has ended; a long one keeps its rows. */
function withoutEnded(key: Key | undefined, data: unknown): unknown {
  const wanted = key?.query?.status
  if (!wanted || key._infinite || !isRows(data)) return data
  const items = data.items.filter((row) => wanted.includes(row.status) || !hasEnded(row.status))
  return items.length === data.items.length ? data : { ...data, items }
}

/** Where in the stream this was read; undefined where it does not tell. */
function asOf(data: unknown): string | undefined {
  if (isPages(data)) return asOf(data.pages[0])
  const told = (data as { as_of?: string }).as_of
  if (told !== undefined || !isRows(data)) return told
  return data.items[0]?.as_of
}

function isSpoken(type: string): boolean {
  return /^(task|job|wallet|session)\./.test(type)
}

function isFollowed(key: Key | undefined): boolean {
  const id = key?._id ?? ''
  return STREAMED.has(id) || OF_TASK.has(id) || OF_MONEY.has(id)
}

function keyOf(queryKey: readonly unknown[]): Key | undefined {
  const first = queryKey[0]
  return typeof first === 'object' && first !== null && '_id' in first ? (first as Key) : undefined
}
