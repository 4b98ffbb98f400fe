/** Light, dark, or as the system has it. The first paint is set by the script in index.html. */

import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'

const STORED = 'gesso.theme'
const listeners = new Set<() => void>()
const systemIsDark = () => matchMedia('(prefers-color-scheme: dark)')

/** The theme that was chosen in this browser. */
export function theme(): Theme {
  try {
    const stored = localStorage.getItem(STORED)
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  } catch {
    return 'system'
  }
}

/** Choose a theme, and show it at once. */
export function setTheme(next: Theme): void {
  try {
    if (next === 'system') localStorage.removeItem(STORED)
    else localStorage.setItem(STORED, next)
  } catch {
    // Private windows may refuse; nothing is kept then.
  }
  show(next)
  for (const listener of listeners) listener()
}

/** The theme, and how to choose another one. */
export function useTheme(): [Theme, (next: Theme) => void] {
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return [useSyncExternalStore(subscribe, theme), setTheme]
}

/** Have the page change with the system, and with a choice in another tab. */
export function followSystemTheme(): void {
  systemIsDark().addEventListener('change', () => show(theme()))
  addEventListener('storage', (event) => {
    if (event.key === STORED) setTheme(theme())
  })
}

function show(chosen: Theme): void {
  const dark = chosen === 'dark' || (chosen === 'system' && systemIsDark().matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}
