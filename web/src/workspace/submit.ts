/** Handing an order over: at the price that was seen, under the draft's key, once. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { asProblem, onceOnly, type Problem } from '../api'
import { submitTask } from '../api/calls'
import { keyFor, settleDraft } from '../form/draft'
import type { Estimate } from '../form/estimate'
import { useSay } from '../say'
import type { OrderBody } from '../task/actions'
import { keepTask } from '../task/read'
import { useAnnounce } from '../ui/announce'

export interface Submit {
  send: (params: object, estimate: Estimate) => void
  forget: () => void
  isSending: boolean
  problem: Problem | undefined
}

interface Wish {
  body: OrderBody
  key: string
  estimate: Estimate
}

/** Refusals after which the same order may still have been taken in: its key is kept. */
function isOpen(problem: Problem): boolean {
  return problem.status === 0 || problem.status >= 500
}

/** Submits the form of an operation. */
export function useSubmit(operation: string, onSubmitted: (id: string) => void): Submit {
  const say = useSay()
  const queries = useQueryClient()
  const announce = useAnnounce()
  const { mutate, reset, isPending, error } = useMutation({
    mutationFn: async ({ body, key }: Wish) =>
      (await submitTask({ body, headers: onceOnly(key) })).data,
    onSuccess: (task) => {
      settleDraft(operation)
      keepTask(queries, task)
      announce(say.workspace.submitted)
      onSubmitted(task.id)
    },
    onError: (thrown, { estimate }) => {
      const problem = asProblem(thrown)
      if (!isOpen(problem)) settleDraft(operation)
      if (problem.code === 'price_changed' || problem.status === 402) void estimate.ask()
    },
  })

  const send = (params: object, estimate: Estimate) => {
    if (isPending) return
    // The limit is no part of what makes two requests the same, so the key goes by the rest.
    const key = keyFor(operation, JSON.stringify(params))
    const body = { ...params, ...(estimate.data && { expected_max: estimate.data.held }) }
    mutate({ body: body as OrderBody, key, estimate })
  }
  return {
    send,
    forget: reset,
    isSending: isPending,
    problem: error ? asProblem(error) : undefined,
  }
}
