/** Which movements are shown; in the address, so that a view is a link. */

import type { EntryOut, ListEntriesData } from '../api/types'

export type Kind = EntryOut['kind']

export interface Filters {
  kind?: Kind[]
  /** Days, YYYY-MM-DD, both of them inside. */
  from?: string
  to?: string
}

export const KINDS: readonly Kind[] = [
  'grant',
  'freeze',
  'capture',
  'release',
  'reversal',
  'adjust',
  'loss',
  'expire',
]
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** The filters in an address; what makes no sense is left out. */
export function filtersOf(search: Record<string, unknown>): Filters {
  const given = Array.isArray(search.kind) ? search.kind : [search.kind]
  const kind = KINDS.filter((each) => given.includes(each))
  const [from, to] = [dayOf(search.from), dayOf(search.to)]
  return {
    ...(kind.length > 0 && kind.length < KINDS.length && { kind }),
    ...(from && { from }),
    ...(to && { to }),
  }
}

/** Whether anything is filtered at all. */
export function isFiltered({ kind, from, to }: Filters): boolean {
  return Boolean(kind ?? from ?? to)
}

/** The same in the API's words: instants, the end of the last day not inside. */
export function queryOf({ kind, from, to }: Filters): NonNullable<ListEntriesData['query']> {
  return {
    ...(kind && { kind }),
    ...(from && { from: midnight(from, 0) }),
    ...(to && { to: midnight(to, 1) }),
  }
}

function dayOf(given: unknown): string | undefined {
  if (typeof given !== 'string' || !DAY.test(given)) return undefined
  const at = new Date(`${given}T00:00:00Z`)
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== given ? undefined : given
}

/** The instant at which a day begins where the reader is, or that many days later. */
function midnight(day: string, later: number): string {
  const [year, month, date] = day.split('-').map(Number)
  return new Date(year!, month! - 1, date! + later).toISOString()
}
