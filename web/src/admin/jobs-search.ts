/** Which jobs the console shows, as the address has it. */

import { LIVE, type LiveStatus } from './live-states'

export interface JobsSearch {
  /** Several with dots between: `unknown.retrying`. */
  status?: string
  queue?: string
  provider?: string
  /** Seconds. */
  older?: number
  overdue?: boolean
  /** The job that is looked at. */
  job?: string
}

/** What of an address makes sense; the rest is dropped. */
export function readJobsSearch(search: Record<string, unknown>): JobsSearch {
  const found: JobsSearch = {}
  const status = LIVE.filter((each) => textOf(search.status).split('.').includes(each))
  const older = Number(search.older)
  if (status.length) found.status = status.join('.')
  if (/^[a-z0-9_]{1,64}$/.test(textOf(search.queue))) found.queue = textOf(search.queue)
  if (/^[a-z0-9_.-]{1,64}$/.test(textOf(search.provider))) found.provider = textOf(search.provider)
  if (Number.isInteger(older) && older > 0 && older <= 31_536_000) found.older = older
  if (search.overdue === true) found.overdue = true
  if (/^job_[0-9a-z]{26}$/.test(textOf(search.job))) found.job = textOf(search.job)
  return found
}

/** The same as the API takes it. */
export function jobsQueryOf({ status, queue, provider, older, overdue }: JobsSearch) {
  return {
    ...(status && { status: status.split('.') as LiveStatus[] }),
    ...(queue && { queue: [queue] }),
    ...(provider && { provider: [provider] }),
    ...(older && { older_than_seconds: older }),
    ...(overdue && { overdue }),
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
