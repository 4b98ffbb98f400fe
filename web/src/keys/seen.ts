/** Every shortcut that was declared in this browser so far, for the settings. */

import type { Shortcut } from './shortcut'

const STORED = 'gesso.shortcuts.seen'
const MOST = 200
let seen: Map<string, Shortcut> | undefined
let timer: ReturnType<typeof setTimeout> | undefined

/** Remember these; words of an older language are replaced. */
export function remember(shortcuts: readonly Shortcut[]): void {
  seen ??= read()
  for (const { id, keys, label, group } of shortcuts) seen.set(id, { id, keys, label, group })
  clearTimeout(timer)
  timer = setTimeout(write, 500)
}

/** All that are known, in the order in which they were met. */
export function everyShortcut(): Shortcut[] {
  seen ??= read()
  return [...seen.values()]
}

function read(): Map<string, Shortcut> {
  try {
    const kept = JSON.parse(localStorage.getItem(STORED) ?? '[]') as Shortcut[]
    return new Map(kept.map((each) => [each.id, each]))
  } catch {
    return new Map()
  }
}

function write(): void {
  try {
    localStorage.setItem(STORED, JSON.stringify(everyShortcut().slice(-MOST)))
  } catch {
    // Private windows may refuse; then only those of this tab are known.
  }
}
