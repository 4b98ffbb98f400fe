import { describe, expect, it } from 'vitest'
import { jobsQueryOf, readJobsSearch } from './jobs-search'

describe('filters of the jobs', () => {
  it('are read as they were written, and what makes no sense is dropped', () => {
    const search = { status: 'unknown.retrying', queue: 'image', older: 600, overdue: true }
    expect(readJobsSearch(search)).toEqual(search)
    const odd = { status: 'completed.odd', queue: '../x', older: -3, overdue: 'yes', job: 'job_1' }
    expect(readJobsSearch(odd)).toEqual({})
  })

  it('reach the API in its own words', () => {
    expect(jobsQueryOf({ status: 'unknown.retrying', provider: 'fal', older: 60 })).toEqual({
      status: ['unknown', 'retrying'],
      provider: ['fal'],
      older_than_seconds: 60,
    })
  })
})
