import type { JobRowOut } from '../api/types'

export type JobStatus = JobRowOut['status']

/** The states of a job that has not ended. */
export const LIVE = [
  'queued',
  'submitting',
  'unknown',
  'running',
  'cancelling',
  'ingesting',
  'retrying',
] as const satisfies readonly JobStatus[]

export type LiveStatus = (typeof LIVE)[number]
