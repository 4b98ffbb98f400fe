/** What of the history is shown: as the address has it, and as the API takes it. */

import type { TaskRowOut } from '../api/types'

export type Status = TaskRowOut['status']

export const STATUSES: readonly Status[] = [
  'queued',
  'running',
  'awaiting_selection',
  'completed',
  'failed',
  'cancelled',
  'expired',
]

/** The address's search part. Several of one kind stand with dots between: `failed.cancelled`. */
export interface HistorySearch {
  q?: string
  status?: string
  op?: string
  /** Days as the reader's clock has them, both counted in: 2026-11-22. */
  from?: string
  to?: string
  view?: 'grid' | 'rows'
}

/** The filters as the API takes them. */
export interface TaskFilters {
  q?: string
  status?: Status[]
  type?: string[]
  from?: string
  to?: string
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
const OPERATION = /^[a-z0-9_]{1,64}$/

/** What of an address makes sense; the rest is dropped. */
export function readSearch(search: Record<string, unknown>): HistorySearch {
  const found: HistorySearch = {}
  const text = (name: string) => {
    const value = search[name]
    return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
  }
  const q = text('q').slice(0, 100)
  const status = STATUSES.filter((each) => text('status').split('.').includes(each))
  const op = text('op')
    .split('.')
    .filter((each) => OPERATION.test(each))
    .slice(0, 20)
  if (q) found.q = q
  if (status.length) found.status = status.join('.')
  if (op.length) found.op = op.join('.')
  if (isDay(text('from'))) found.from = text('from')
  if (isDay(text('to'))) found.to = text('to')
  if (text('view') === 'grid') found.view = 'grid'
  return found
}

/** The same as the API takes it. */
export function filtersOf(search: HistorySearch): TaskFilters {
  const filters: TaskFilters = {}
  if (search.q) filters.q = search.q
  if (search.status) filters.status = search.status.split('.') as Status[]
  if (search.op) filters.type = search.op.split('.')
  if (search.from) filters.from = startOf(search.from)
  if (search.to) filters.to = startOf(search.to, 1)
  return filters
}

/** Whether anything is left out. */
export function isFiltered({ view: _view, ...search }: HistorySearch): boolean {
  return Object.keys(search).length > 0
}

/** The instant at which a day begins where the reader is; or one so many days later. */
export function startOf(day: string, later = 0): string {
  const [year, month, date] = day.split('-').map(Number)
  return new Date(year!, month! - 1, date! + later).toISOString()
}

/** The day of an instant where the reader is. */
export function dayOf(at: Date | string): string {
  const date = new Date(at)
  const digits = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${digits(date.getMonth() + 1)}-${digits(date.getDate())}`
}

/** Whether a task that is at hand would be found; for searching without a network. */
export function isMatch(task: TaskRowOut, { q, status, type, from, to }: TaskFilters): boolean {
  if (q && !task.title?.toLowerCase().includes(q.toLowerCase())) return false
  if (status && !status.includes(task.status)) return false
  if (type && !type.includes(task.type)) return false
  const at = Date.parse(task.created_at)
  return !(from && at < Date.parse(from)) && !(to && at >= Date.parse(to))
}

function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(new Date(`${text}T12:00:00`).getTime())
}
