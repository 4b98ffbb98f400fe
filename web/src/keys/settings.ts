/** What of the shortcuts was changed in this browser. */

import { useSyncExternalStore } from 'react'

export interface ShortcutSettings {
  /** Whether keys without Mod do anything (WCAG 2.1.4). */
  singleKeys: boolean
  /** Other keys, by the shortcut's id. */
  changed: Record<string, string>
}

const STORED = 'gesso.shortcuts'
const listeners = new Set<() => void>()
let current: ShortcutSettings = read()

export function shortcutSettings(): ShortcutSettings {
  return current
}

/** Change what is kept; it holds at once. */
export function setShortcuts(change: Partial<ShortcutSettings>): void {
  current = { ...current, ...change }
  try {
    localStorage.setItem(STORED, JSON.stringify(current))
  } catch {
    // Private windows may refuse; it then holds until the tab is closed.
  }
  for (const listener of listeners) listener()
}

export function useShortcutSettings(): ShortcutSettings {
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return useSyncExternalStore(subscribe, shortcutSettings)
}

function read(): ShortcutSettings {
  const fallback = { singleKeys: true, changed: {} }
  try {
    return { ...fallback, ...(JSON.parse(localStorage.getItem(STORED) ?? '{}') as object) }
  } catch {
    return fallback
  }
}
