/** What an order would cost, asked of the server while one types. */

import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Problem } from '../api'
import { estimateTask } from '../api/calls'
import { getWalletOptions } from '../api/queries'
import type { EstimateOut } from '../api/types'
import { STREAMED } from '../queries'
import type { OrderBody } from '../task/actions'

/** Milliseconds after the last change. */
const PAUSE = 250

export interface Estimate {
  data: EstimateOut | undefined
  /** What is shown is of before the last change. */
  isOld: boolean
  error: Problem | null
  ask: () => Promise<EstimateOut | undefined>
}

const estimateOptions = (body: object | undefined, wallet: number | undefined) =>
  queryOptions({
    queryKey: ['estimate', body, wallet],
    queryFn: async ({ signal }) => (await estimateTask({ body: body as OrderBody, signal })).data,
    enabled: body !== undefined,
    staleTime: 30_000,
    gcTime: 60_000,
    placeholderData: keepPreviousData,
  })

/** The price of this order, a moment after it stopped changing; undefined: there is none to ask
 * for. What is stale is not waited for, and the wallet's changes are followed. */
export function useEstimate(body: object | undefined): Estimate {
  const wanted = body && JSON.stringify(body)
  const [settled, setSettled] = useState(wanted)
  const { data: wallet } = useQuery({ ...getWalletOptions(), ...STREAMED })
  useEffect(() => {
    const timer = setTimeout(() => setSettled(wanted), PAUSE)
    return () => clearTimeout(timer)
  }, [wanted])

  const asked = settled === undefined ? undefined : (JSON.parse(settled) as object)
  const query = useQuery(estimateOptions(asked, wallet?.rev))
  const isNone = asked === undefined
  return {
    data: isNone ? undefined : query.data,
    isOld: wanted !== settled || query.isPlaceholderData,
    error: query.error as Problem | null,
    ask: async () => (await query.refetch()).data,
  }
}
