/** Who is signed in. */

import { queryOptions, useQuery, type QueryClient } from '@tanstack/react-query'
import { mayBeSignedIn, Problem } from '../api'
import { getMe } from '../api/calls'
import type { Me } from '../api/types'
import { tellOtherTabs } from '../api/session'

/** Who is signed in; null: nobody. A browser without a session does not ask. */
export const meOptions = queryOptions({
  queryKey: ['me'],
  staleTime: 5 * 60_000,
  queryFn: async ({ signal }): Promise<Me | null> => {
    if (!mayBeSignedIn()) return null
    try {
      return (await getMe({ signal })).data
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null
      throw error
    }
  },
})

/** Whether a query is that for who is signed in; what else is kept of them lies below its key. */
export function isMe({ queryKey }: { queryKey: readonly unknown[] }): boolean {
  return queryKey.length === 1 && queryKey[0] === meOptions.queryKey[0]
}

/** Who is signed in, asked once; for routes, which wait for it. */
export function whoIs(queryClient: QueryClient): Promise<Me | null> {
  return queryClient.query({ ...meOptions, staleTime: 'static' })
}

/** Who is signed in; null: nobody; undefined: not known yet. */
export function useMe(): Me | null | undefined {
  return useQuery(meOptions).data
}

const OPERATORS = new Set<string>(['operator', 'admin', 'owner'])

/** Whether the console is theirs to see. */
export function isOperator(me: Me | null | undefined): boolean {
  return OPERATORS.has(me?.role ?? '')
}

/** After a sign-in: forget what was known of nobody, and tell the other tabs. */
export async function signedIn(queryClient: QueryClient): Promise<void> {
  queryClient.clear()
  tellOtherTabs('in')
  await whoIs(queryClient)
}
