/** What only somebody who is in needs; strangers are spared it. */

import type { QueryClient } from '@tanstack/react-query'
import { mayBeSignedIn } from '../api'
import { catalogueOf, preferredLanguage } from '../say'
import { isMe } from './session'

/** Fetch the event stream and every sentence: now, or as soon as somebody is in. */
export function openInside(queries: QueryClient): void {
  if (mayBeSignedIn()) {
    open(queries)
    return
  }
  const stop = queries.getQueryCache().subscribe(({ query }) => {
    if (!isMe(query) || !query.state.data) return
    stop()
    open(queries)
  })
}

function open(queries: QueryClient): void {
  void import('../live').then(({ startLive }) => startLive(queries))
  // Whoever needs the sentences asks for them again.
  catalogueOf(preferredLanguage()).catch(() => undefined)
}
