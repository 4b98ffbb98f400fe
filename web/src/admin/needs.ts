/** What needs an operator: only conditions with an age, an amount and a next step. Pure. */

import type { OverviewOut, ProviderOut, QueueOut } from '../api/types'

export type Need =
  /** Nobody knows whether the provider has them. */
  | { kind: 'unknown'; count: number; since: string | null; amount: string }
  | { kind: 'overdue'; count: number }
  | { kind: 'dead-letters'; count: number; since: string | null }
  | { kind: 'breaker'; provider: string; state: 'open' | 'half_open'; failed: number }
  | { kind: 'paused'; queue: string; waiting: number; since: string | null; amount: string }
  | { kind: 'slow'; queue: string; waiting: number; since: string; amount: string }

/** Minutes that the oldest waits before a full queue is worth a word. */
const LONG = 5

export function needsOf(
  overview: OverviewOut,
  queues: readonly QueueOut[],
  providers: readonly ProviderOut[],
): Need[] {
  const needs: Need[] = []
  const unknown = overview.jobs.find(({ status }) => status === 'unknown')
  if (unknown && unknown.count > 0)
    needs.push({
      kind: 'unknown',
      count: unknown.count,
      since: unknown.oldest_at,
      amount: unknown.price,
    })
  if (overview.overdue > 0) needs.push({ kind: 'overdue', count: overview.overdue })
  const { count, oldest_at: since } = overview.dead_letters
  if (count > 0) needs.push({ kind: 'dead-letters', count, since })
  for (const { name: provider, circuit: state, failed } of providers)
    if (state !== 'closed') needs.push({ kind: 'breaker', provider, state, failed })
  for (const queue of queues) needs.push(...ofQueue(queue, overview.at))
  return needs
}

function ofQueue(queue: QueueOut, now: string): Need[] {
  const { name, active, waiting, oldest_at: since, frozen: amount } = queue
  if (waiting === 0) return []
  if (!active) return [{ kind: 'paused', queue: name, waiting, since, amount }]
  const waited = since === null ? 0 : Date.parse(now) - Date.parse(since)
  if (!isFull(queue) || since === null || waited < LONG * 60_000) return []
  return [{ kind: 'slow', queue: name, waiting, since, amount }]
}

/** Whether a queue has at providers what it may. */
export function isFull({ at_provider, max_concurrency }: QueueOut): boolean {
  return at_provider >= max_concurrency
}
