/** Live state: what the server tells flows into the cache, over one stream for all tabs. */

import type { QueryClient } from '@tanstack/react-query'
import { setLink } from './link'

export { useLink } from './link'

/** Have the cache follow the server from now on. */
export function startLive(_queryClient: QueryClient): void {
  addEventListener('offline', () => setLink('offline'))
  addEventListener('online', () => setLink('idle'))
  if (!navigator.onLine) setLink('offline')
}
