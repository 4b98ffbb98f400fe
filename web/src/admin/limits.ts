/** A queue's limits as they are typed: what is out of bounds, and what a change would send. */

import type { QueueIn, QueueOut } from '../api/types'

export const BOUNDS = {
  max_concurrency: { low: 0, high: 100_000, isWhole: true },
  timeout_seconds: { low: 1, high: 604_800, isWhole: true },
  max_attempts: { low: 1, high: 20, isWhole: true },
  backoff_first: { low: 0.1, high: 3600, isWhole: false },
  backoff_cap: { low: 0.1, high: 86_400, isWhole: false },
} as const

export type Limit = keyof typeof BOUNDS
export const LIMITS = Object.keys(BOUNDS) as Limit[]
export type Typed = Record<Limit, string>

/** The limits as fields show them. */
export function typedOf(queue: QueueOut): Typed {
  return Object.fromEntries(LIMITS.map((each) => [each, String(queue[each])])) as Typed
}

/** Whether what was typed can be a limit. */
export function isSound(limit: Limit, text: string): boolean {
  const { low, high, isWhole } = BOUNDS[limit]
  const value = Number(text)
  const isNumber = text.trim() !== '' && Number.isFinite(value)
  return isNumber && value >= low && value <= high && (!isWhole || Number.isInteger(value))
}

/** What is otherwise than it is; undefined where something is out of bounds. */
export function changesTo(queue: QueueOut, typed: Typed, priority: boolean): QueueIn | undefined {
  if (!LIMITS.every((each) => isSound(each, typed[each]))) return undefined
  const changes: QueueIn = {}
  for (const each of LIMITS)
    if (Number(typed[each]) !== queue[each]) changes[each] = Number(typed[each])
  if (priority !== queue.priority_enabled) changes.priority_enabled = priority
  return changes
}

/** How many that wait could begin at once under another cap. */
export function begunBy(queue: QueueOut, cap: number): number {
  const free = Math.max(0, cap - queue.at_provider)
  return queue.active ? Math.min(queue.waiting, free) : 0
}
