import { describe, expect, it } from 'vitest'
import type { QueueOut } from '../api/types'
import { begunBy, changesTo, isSound, typedOf } from './limits'

const QUEUE = {
  active: true,
  max_concurrency: 8,
  timeout_seconds: 600,
  max_attempts: 3,
  backoff_first: 0.5,
  backoff_cap: 60,
  priority_enabled: false,
  waiting: 14,
  at_provider: 8,
} as QueueOut

describe('limits of a queue', () => {
  it('send what was changed and nothing else', () => {
    const typed = typedOf(QUEUE)
    expect(changesTo(QUEUE, typed, false)).toEqual({})
    expect(changesTo(QUEUE, { ...typed, max_concurrency: '12' }, true)).toEqual({
      max_concurrency: 12,
      priority_enabled: true,
    })
  })

  it('send nothing while one is out of bounds', () => {
    expect(changesTo(QUEUE, { ...typedOf(QUEUE), max_attempts: '0' }, false)).toBeUndefined()
  })

  it.each(['', ' ', '1.5', '-1', 'many', '100001', 'Infinity'])('refuse %j at once', (text) => {
    expect(isSound('max_concurrency', text)).toBe(false)
  })

  it('tell how many a wider cap lets begin', () => {
    expect(begunBy(QUEUE, 12)).toBe(4)
    expect(begunBy(QUEUE, 100)).toBe(14)
    expect(begunBy({ ...QUEUE, active: false }, 100)).toBe(0)
  })
})
