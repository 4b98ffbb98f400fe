/** What was read, with what the stream has told of it since. */

import { EventLog } from './log'
import type { TaskLike, WalletLike } from './reduce'

export interface Rows {
  items: (TaskLike & { as_of?: string })[]
  as_of?: string
}

/** What this tab has heard. */
export const log = new EventLog()

/** An answer brought up to what was heard since; what the stream does not tell of stays as it is. */
export function broughtUp(data: unknown): unknown {
  if (isTask(data)) return log.bringUp(data)
  if (isWallet(data)) return log.bringUpWallet(data)
  if (isRows(data)) return { ...data, items: data.items.map((row) => log.bringUp(row)) }
  if (isPages(data)) return { ...data, pages: data.pages.map(broughtUp) }
  return data
}

export function isTask(data: unknown): data is TaskLike {
  return has(data, 'id') && has(data, 'status') && has(data, 'rev') && has(data, 'phase')
}

export function isWallet(data: unknown): data is WalletLike {
  return has(data, 'available') && has(data, 'frozen') && has(data, 'rev')
}

export function isRows(data: unknown): data is Rows {
  const items = (data as { items?: unknown } | null | undefined)?.items
  return Array.isArray(items) && (items.length === 0 || isTask(items[0]))
}

export function isPages(data: unknown): data is { pages: unknown[] } {
  return Array.isArray((data as { pages?: unknown } | null | undefined)?.pages)
}

function has(data: unknown, name: string): boolean {
  return typeof data === 'object' && data !== null && name in data
}
