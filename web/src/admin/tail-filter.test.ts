import { describe, expect, it } from 'vitest'
import { filterOf, type TailEvent } from './tail-filter'

const EVENT: TailEvent = {
  type: 'job.completed',
  at: '2026-11-22T14:02:11Z',
  owner_id: 'user_01mara',
  seq: 7,
  task_id: 'task_01abc',
  job_id: 'job_01def',
  data: { phase: 'images', status: 'completed', provider: 'fal' },
}

describe('the filter of the tail', () => {
  it.each([
    '',
    'type:job.*',
    'type:job.completed provider:fal',
    'phase:images',
    'owner:user_01m',
    'task:task_01a',
    'images',
    '-type:wallet.*',
    'TYPE:JOB.*',
  ])('shows by %j', (line) => {
    expect(filterOf(line)(EVENT)).toBe(true)
  })

  it.each(['type:job', 'type:task.*', 'provider:kling', 'wallet', '-images', 'type:job.* owner:x'])(
    'leaves out by %j',
    (line) => {
      expect(filterOf(line)(EVENT)).toBe(false)
    },
  )

  it('takes what would be a pattern as it stands', () => {
    expect(filterOf('type:job(')(EVENT)).toBe(false)
    expect(filterOf('type:job.c.mpleted')(EVENT)).toBe(false)
  })
})
