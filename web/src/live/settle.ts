/** How a fresh answer becomes what is kept, for whoever has no stream as well. */

import { replaceEqualDeep } from '@tanstack/react-query'

let bringUp = (fresh: unknown): unknown => fresh

/** Have every answer brought up to what the stream has told since. */
export function settleWith(broughtUp: (fresh: unknown) => unknown): void {
  bringUp = broughtUp
}

/** For the cache's `structuralSharing`. */
export function settle(known: unknown, fresh: unknown): unknown {
  return replaceEqualDeep(known, bringUp(fresh))
}
