/** What tabs and the hub say to each other. The hub holds the one stream of this browser; it lives
 * in a shared worker, or in one of the tabs where there is none. */

import type { LinkState } from './link'

/** One event of the stream. */
export interface LiveEvent {
  /** The cursor behind it; null for what is not in the log (`job.position`). */
  cursor: string | null
  type: string
  data: EventData
}

export interface EventData {
  at?: string
  task_id?: string | null
  job_id?: string | null
  rev?: number
  [key: string]: unknown
}

export type ToHub =
  /** A tab is there; `after` is the cursor up to which it has heard. */
  | { kind: 'attach'; after: string | null; visible: boolean }
  | { kind: 'visible'; visible: boolean }
  /** The browser's word on the network. */
  | { kind: 'network'; online: boolean }
  /** The answer to `renew`. */
  | { kind: 'renewed'; ok: boolean }
  /** The tab goes away. */
  | { kind: 'leave' }
  /** Somebody signed out: the stream ends for all. */
  | { kind: 'stop' }

export type ToTab =
  | { kind: 'link'; state: LinkState; since: number }
  /** From here on this tab hears everything; a snapshot from before `cursor` may miss something. */
  | { kind: 'joined'; cursor: string }
  | { kind: 'events'; events: LiveEvent[] }
  /** What was heard before cannot be continued: read anew. */
  | { kind: 'reset' }
  /** The credentials ran out: go on with the session, and say whether that worked. */
  | { kind: 'renew' }
  | { kind: 'ended' }
  | { kind: 'build'; id: string }

/** A cursor's life and number; null for what is none. */
export function parseCursor(
  cursor: string | null | undefined,
): { epoch: string; seq: number } | null {
  const found = /^([0-9a-z]{1,32})\.(\d{1,18})$/.exec(cursor ?? '')
  return found ? { epoch: found[1]!, seq: Number(found[2]) } : null
}

/** Whether `cursor` stands before `other`, or in another life of the database. */
export function isBefore(cursor: string | null | undefined, other: string): boolean {
  const [mine, theirs] = [parseCursor(cursor), parseCursor(other)]
  if (!mine || !theirs) return true
  return mine.epoch !== theirs.epoch || mine.seq < theirs.seq
}
