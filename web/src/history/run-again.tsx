import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { newKey, onceOnly } from '../api'
import { estimateTask, getTask, submitTask } from '../api/calls'
import type { SubmitTaskData } from '../api/types'
import { parse, sum, text } from '../money'
import { useFormats, useSay } from '../say'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { ButtonLink } from '../ui/link'
import { Failure, Loading } from '../ui/states'

/** Tasks that are run again at once. */
export const AT_ONCE = 10

type Order = SubmitTaskData['body']

interface Asked {
  order: Order
  held: string
  /** Sent with the order: a second press, or a second try, never makes a second task. */
  key: string
}

interface Props {
  ids: readonly string[]
  onClose: (didRun: boolean) => void
}

/** Asks before it costs: the same parameters with a new seed, and the most that it comes to. */
export function RunAgain({ ids, onClose }: Props) {
  const say = useSay()
  const { credits } = useFormats()
  const announce = useAnnounce()
  const [begun, setBegun] = useState(0)
  const [isRunning, setRunning] = useState(false)
  const [failure, setFailure] = useState<unknown>()
  const { data, error, refetch } = useQuery({
    queryKey: ['run-again', ...ids],
    queryFn: () => ask(ids),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

  const run = async (orders: readonly Asked[]) => {
    setRunning(true)
    setFailure(undefined)
    try {
      for (const [place, { order, held, key }] of orders.entries()) {
        if (place < begun) continue
        const body = { ...order, expected_max: held }
        await submitTask({ body, headers: onceOnly(key) })
        setBegun(place + 1)
      }
      announce(say.history.againDone(orders.length))
      onClose(true)
    } catch (thrown) {
      setFailure(thrown)
    } finally {
      setRunning(false)
    }
  }

  const isShort = data && parse(data.available) < parse(data.held)
  return (
    <Dialog
      open
      onOpenChange={() => onClose(begun > 0)}
      dismissable={!isRunning}
      title={say.history.againTitle(ids.length)}
      description={say.history.againHint}
      actions={
        data &&
        (isShort ? (
          <ButtonLink to="/wallet" look="primary">
            {say.history.againShort(credits(data.held), credits(data.available))}
          </ButtonLink>
        ) : (
          <Button look="primary" busy={isRunning} onClick={() => void run(data.orders)}>
            {say.history.againDo(credits(data.held, { digits: 0 }))}
          </Button>
        ))
      }
    >
      {!data && !error && <Loading label={say.history.againAsking} />}
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {failure !== undefined && <Failure error={failure} />}
      {begun > 0 && ids.length > 1 && (
        <p className="mt-2 text-label text-ink-2">{say.history.againPart(begun, ids.length)}</p>
      )}
    </Dialog>
  )
}

/** What these were ordered with, and what it comes to now. */
async function ask(ids: readonly string[]) {
  const orders: Asked[] = []
  let available = '0'
  for (const id of ids) {
    const { data: task } = await getTask({ path: { task_id: id } })
    const { seed: _seed, ...params } = task.params
    const order = { ...params, type: task.type } as unknown as Order
    const { data: estimate } = await estimateTask({ body: order })
    orders.push({ order, held: estimate.held, key: newKey() })
    available = estimate.available
  }
  return { orders, available, held: text(sum(orders.map(({ held }) => held))) }
}
