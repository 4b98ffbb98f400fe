/** Whether the server has newer pages than these. */

import { useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
let isOld = false

/** The build that this page came from. */
export const BUILD = document.querySelector<HTMLMetaElement>('meta[name=build]')?.content ?? 'dev'

/** Say that a newer build was seen: a chunk of ours is gone, or the server names another id. */
export function tellNewBuild(): void {
  isOld = true
  for (const listener of listeners) listener()
}

/** Compare with the build that the server serves. */
export function compareBuild(served: string | null | undefined): void {
  if (served && BUILD !== 'dev' && served !== BUILD) tellNewBuild()
}

// Vite says this when a chunk of ours cannot be fetched any more.
addEventListener('vite:preloadError', () => tellNewBuild())

/** Whether this page should be loaded anew; it never does so by itself, over a draft. */
export function useNewBuild(): boolean {
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return useSyncExternalStore(subscribe, () => isOld)
}
