import { describe, expect, it } from 'vitest'
import type { OverviewOut, ProviderOut, QueueOut } from '../api/types'
import { needsOf } from './needs'

const NOW = '2026-11-22T14:00:00Z'
const QUIET: OverviewOut = {
  at: NOW,
  jobs: [],
  overdue: 0,
  waiting: 0,
  in_flight: 0,
  ended_per_minute: 0,
  holds: { count: 0, amount: '0', oldest_at: null },
  dead_letters: { count: 0, oldest_at: null },
}
const QUEUE: QueueOut = {
  name: 'image',
  active: true,
  max_concurrency: 8,
  timeout_seconds: 600,
  max_attempts: 3,
  backoff_first: 1,
  backoff_cap: 60,
  priority_enabled: false,
  waiting: 14,
  at_provider: 8,
  rev: 1,
  oldest_at: '2026-11-22T13:50:00Z',
  frozen: '112',
  ended_per_minute: 4,
  takes: null,
  drains_in: null,
}
const PROVIDER: ProviderOut = {
  name: 'fal',
  circuit: 'closed',
  rest_seconds: 0,
  delivered: 40,
  failed: 0,
  refused: 0,
  seconds: 8,
  latency: 0.2,
  at_provider: 3,
  answered_at: NOW,
  delivered_at: NOW,
  offers: { reports: 'signed', lookup: true, cancel: true },
}

describe('what needs an operator', () => {
  it('is nothing where all goes well', () => {
    expect(needsOf(QUIET, [{ ...QUEUE, at_provider: 7 }], [PROVIDER])).toEqual([])
  })

  it('is money that waits for an answer nobody has', () => {
    const jobs = [{ status: 'unknown', count: 4, oldest_at: NOW, price: '96' } as const]
    expect(needsOf({ ...QUIET, jobs }, [], [])).toEqual([
      { kind: 'unknown', count: 4, since: NOW, amount: '96' },
    ])
  })

  it('is a queue that stands still while somebody waits', () => {
    const paused = needsOf(QUIET, [{ ...QUEUE, active: false }], [])
    expect(paused).toMatchObject([{ kind: 'paused', waiting: 14, amount: '112' }])
    expect(needsOf(QUIET, [{ ...QUEUE, active: false, waiting: 0 }], [])).toEqual([])
  })

  it('is a full queue, but only once somebody has waited for long', () => {
    expect(needsOf(QUIET, [QUEUE], [])).toMatchObject([{ kind: 'slow', queue: 'image' }])
    expect(needsOf(QUIET, [{ ...QUEUE, oldest_at: NOW }], [])).toEqual([])
  })

  it('is a provider that is left alone', () => {
    const open = { ...PROVIDER, circuit: 'open', failed: 41 } as const
    expect(needsOf(QUIET, [], [open])).toMatchObject([{ kind: 'breaker', failed: 41 }])
  })
})
