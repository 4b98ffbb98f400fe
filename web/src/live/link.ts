/** How the page hears from the server just now. */

import { useSyncExternalStore } from 'react'

export type LinkState = 'idle' | 'live' | 'reconnecting' | 'catching-up' | 'polling' | 'offline'

export interface LinkStatus {
  state: LinkState
  /** Since when; while offline, from when on what one sees may be old. */
  since: Date
}

const listeners = new Set<() => void>()
let status: LinkStatus = { state: 'idle', since: new Date() }

/** Say how the link is. */
export function setLink(state: LinkState, since = new Date()): void {
  if (state === status.state) return
  status = { state, since }
  for (const listener of listeners) listener()
}

export function linkStatus(): LinkStatus {
  return status
}

/** How the link is. */
export function useLink(): LinkStatus {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, linkStatus)
}
