/** The cache of what the server said: how long it is believed, and what is asked again. */

import { QueryClient } from '@tanstack/react-query'
import { asProblem } from './api'
import { settle } from './live/settle'

/** For what the event stream keeps up to date: never stale by age. */
export const STREAMED = { staleTime: Number.POSITIVE_INFINITY, gcTime: 30 * 60_000 } as const

/** A fresh cache. Nothing is asked again because a window came to the front: the stream tells. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        // What is read is brought up to what the stream has told since.
        structuralSharing: settle,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        retry: (failures, error) => failures < 2 && asProblem(error).isPassing,
        retryDelay: (failures, error) =>
          1000 * (asProblem(error).retryAfter ?? Math.min(30, 2 ** failures)),
      },
      // Whatever costs is sent once; sending it again is the reader's decision.
      mutations: { retry: false },
    },
  })
}
