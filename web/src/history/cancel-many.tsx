import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { newKey, onceOnly } from '../api'
import { changeTasks } from '../api/calls'
import { getBulkOptions } from '../api/queries'
import type { BulkOut, ChoiceIn } from '../api/types'
import { useFormats, useSay } from '../say'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { Progress } from '../ui/progress'
import { Failure, Loading } from '../ui/states'

/** Above so many, the number is to be typed. */
const MANY = 100

interface Props {
  tasks: ChoiceIn
  onClose: (didCancel: boolean) => void
}

/** Tells what cancelling would touch before it is done; then follows the server's work. */
export function CancelMany({ tasks, onClose }: Props) {
  const say = useSay()
  const formats = useFormats()
  const [key] = useState(newKey)
  const [typed, setTyped] = useState('')
  const told = useQuery({
    queryKey: ['cancel-many', tasks],
    queryFn: async () =>
      (await changeTasks({ body: { action: 'cancel', tasks, dry_run: true } })).data,
    gcTime: 0,
  })
  const doing = useMutation({
    mutationFn: async () =>
      (await changeTasks({ body: { action: 'cancel', tasks }, headers: onceOnly(key) })).data,
  })
  const run = useRun(doing.data)
  const count = told.data?.affected ?? 0
  const isTyped = count <= MANY || typed.trim() === String(count)

  useEffect(() => {
    if (run?.status === 'completed') onClose(true)
  }, [run?.status, onClose])

  return (
    <Dialog
      open
      onOpenChange={() => onClose(doing.isSuccess)}
      title={say.history.cancelTitle}
      actions={
        told.data &&
        count > 0 && (
          <Button
            look="danger"
            busy={doing.isPending || doing.isSuccess}
            blocked={isTyped ? undefined : say.history.cancelType(String(count))}
            onClick={() => doing.mutate()}
          >
            {doing.isPending ? say.shell.asking : say.history.cancelDo(formats.number(count))}
          </Button>
        )
      }
    >
      {told.isPending && <Loading label={say.history.cancelAsking} />}
      {told.error && <Failure error={told.error} onRetry={() => void told.refetch()} />}
      {told.data && <Told told={told.data} />}
      {count > MANY && !doing.isSuccess && (
        <TextField
          label={say.history.cancelType(String(count))}
          value={typed}
          inputMode="numeric"
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
          className="mt-4"
        />
      )}
      {doing.error && <Failure error={doing.error} />}
      {run && (
        <div className="mt-4">
          <p>{say.history.cancelBegun(formats.percent(run.progress))}</p>
          <Progress label={say.history.cancelTitle} value={run.progress} className="mt-2" />
        </div>
      )}
    </Dialog>
  )
}

function Told({ told }: { told: BulkOut }) {
  const say = useSay()
  const { credits, number } = useFormats()
  if (told.affected === 0) return <p>{say.history.cancelNone}</p>
  return (
    <div className="flex flex-col gap-2">
      <p>{say.history.cancelTells(number(told.affected), credits(told.frozen))}</p>
      {/[1-9]/.test(told.free_at_once) && (
        <p className="text-ink-2">{say.history.cancelNow(credits(told.free_at_once))}</p>
      )}
      {told.too_late > 0 && (
        <p className="text-ink-2">{say.history.cancelLate(number(told.too_late))}</p>
      )}
    </div>
  )
}

/** How far the work has come. It is asked for each second, for as long as this is open. */
function useRun(begun: BulkOut | undefined) {
  const say = useSay()
  const announce = useAnnounce()
  const { number } = useFormats()
  const queryClient = useQueryClient()
  const { data } = useQuery({
    ...getBulkOptions({ path: { run_id: begun?.id ?? '' } }),
    enabled: !!begun?.id,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.finished_at ? false : 1000),
  })
  useEffect(() => {
    if (data?.status !== 'completed') return
    announce(say.history.cancelDone(number(data.affected ?? 0)))
    void queryClient.invalidateQueries({ predicate: ({ queryKey }) => isOfTasks(queryKey[0]) })
  }, [data?.status, data?.affected, announce, say, number, queryClient])
  return data
}

function isOfTasks(key: unknown): boolean {
  const id = typeof key === 'object' && key !== null && '_id' in key ? key._id : undefined
  return id === 'listTasks' || id === 'getTask' || id === 'getWallet'
}
