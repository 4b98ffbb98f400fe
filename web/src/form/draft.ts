/**
 * What was typed, kept in this tab for each operation, with the key under which it is sent.
 *
 * The key makes a second press, a repeated request and a reload after a lost answer one task. It
 * belongs to what was sent: whatever differs from that goes under a key of its own.
 */

import { newKey } from '../api'
import type { Values } from './values'

export interface Draft {
  values: Values
  key: string
  /** The body that was sent under `key` and not answered with a task yet. */
  sent?: string
}

const LAST = 'gesso.draft.operation'
/** What private windows do not store lasts until a reload. */
const memory = new Map<string, string>()

/** The draft of an operation; undefined where nothing was typed. */
export function readDraft(operation: string): Draft | undefined {
  const stored: unknown = JSON.parse(recall(nameOf(operation)) ?? 'null')
  return isDraft(stored) ? stored : undefined
}

/** Keep what was typed, and that this operation was the last one. */
export function keepDraft(operation: string, values: Values): Draft {
  const draft = { key: newKey(), ...readDraft(operation), values }
  write(operation, draft)
  return draft
}

/** The key to send this body under: the draft's, unless another body went out under it. */
export function keyFor(operation: string, body: string): string {
  const draft = readDraft(operation)
  const kept = draft && (draft.sent === undefined || draft.sent === body) ? draft.key : newKey()
  write(operation, { values: draft?.values ?? {}, key: kept, sent: body })
  return kept
}

/** It was taken in, or refused for good: what is sent next is another order. */
export function settleDraft(operation: string): void {
  const draft = readDraft(operation)
  if (draft) write(operation, { values: draft.values, key: newKey() })
}

/** The operation that was typed at last. */
export function lastOperation(): string | undefined {
  return recall(LAST)
}

function write(operation: string, draft: Draft): void {
  remember(nameOf(operation), JSON.stringify(draft))
  remember(LAST, operation)
}

function recall(name: string): string | undefined {
  try {
    return memory.get(name) ?? sessionStorage.getItem(name) ?? undefined
  } catch {
    return undefined
  }
}

function remember(name: string, text: string): void {
  memory.set(name, text)
  try {
    sessionStorage.setItem(name, text)
  } catch {
    // Memory has it.
  }
}

function nameOf(operation: string): string {
  return `gesso.draft.${operation}`
}

function isDraft(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && 'values' in value && 'key' in value
}
