/** How much moves: as the system has it, or as little as possible. */

import { useSyncExternalStore } from 'react'

export type Motion = 'system' | 'reduced'

const STORED = 'gesso.motion'
const listeners = new Set<() => void>()

/** What was chosen in this browser. */
export function motion(): Motion {
  try {
    return localStorage.getItem(STORED) === 'reduced' ? 'reduced' : 'system'
  } catch {
    return 'system'
  }
}

/** Choose, and have it hold at once. */
export function setMotion(next: Motion): void {
  try {
    if (next === 'system') localStorage.removeItem(STORED)
    else localStorage.setItem(STORED, next)
  } catch {
    // Private windows may refuse; nothing is kept then.
  }
  show(next)
  for (const listener of listeners) listener()
}

export function useMotion(): [Motion, (next: Motion) => void] {
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return [useSyncExternalStore(subscribe, motion), setMotion]
}

/** Have what was chosen hold from the start, and follow other tabs. */
export function followMotion(): void {
  show(motion())
  addEventListener('storage', (event) => {
    if (event.key === STORED) setMotion(motion())
  })
}

function show(chosen: Motion): void {
  if (chosen === 'reduced') document.documentElement.dataset.motion = 'reduced'
  else delete document.documentElement.dataset.motion
}
