import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { changeQueue } from '../api/calls'
import { listQueuesQueryKey } from '../api/queries'
import type { QueueIn, QueueOut, QueuesOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Loading } from '../ui/loading'
import { Failure } from '../ui/states'
import { ConsolePage } from './console-page'
import { EditQueue } from './edit-queue'
import { QueueTable } from './queue-table'
import { useQueues } from './use-house'

/** The queues: where the jam is, what may run at once, and what is to stand still. */
export function QueuesPage() {
  const say = useSay()
  const { data, error, refetch, dataUpdatedAt, isFetching } = useQueues()
  const [pausing, setPausing] = useState<string>()
  const [editing, setEditing] = useState<string>()
  const change = useChange()
  const named = (name: string | undefined) => data?.items.find((each) => each.name === name)
  const [paused, edited] = [named(pausing), named(editing)]
  const again = () => void refetch()

  const pauseOrResume = (queue: QueueOut) => {
    if (queue.active) setPausing(queue.name)
    else change.mutate({ name: queue.name, body: { active: true } })
  }
  return (
    <ConsolePage
      title={say.console.queues}
      readAt={dataUpdatedAt}
      onRefresh={again}
      isReading={isFetching}
    >
      {error && <Failure error={error} onRetry={again} />}
      {!error && !data && <Loading />}
      {change.error && !paused && !edited && (
        <div className="mb-4">
          <Failure error={change.error} />
        </div>
      )}
      {data && (
        <QueueTable
          queues={data.items}
          onPause={pauseOrResume}
          onEdit={(queue) => setEditing(queue.name)}
        />
      )}
      {paused && (
        <Pause
          queue={paused}
          error={change.error}
          busy={change.isPending}
          onClose={() => setPausing(undefined)}
          onPause={() =>
            change.mutate(
              { name: paused.name, body: { active: false } },
              { onSuccess: () => setPausing(undefined) },
            )
          }
        />
      )}
      {edited && (
        <EditQueue
          key={edited.name}
          queue={edited}
          error={change.error}
          busy={change.isPending}
          onClose={() => setEditing(undefined)}
          onSave={(body) =>
            change.mutate({ name: edited.name, body }, { onSuccess: () => setEditing(undefined) })
          }
        />
      )}
    </ConsolePage>
  )
}

function useChange() {
  const say = useSay()
  const announce = useAnnounce()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async ({ name, body }: { name: string; body: QueueIn }) =>
      (await changeQueue({ path: { name }, body })).data,
    onSuccess: (changed) => {
      queryClient.setQueryData<QueuesOut>(
        listQueuesQueryKey(),
        (known) =>
          known && {
            ...known,
            items: known.items.map((each) => (each.name === changed.name ? changed : each)),
          },
      )
      announce(say.console.saved(changed.name))
    },
  })
}

interface PauseProps {
  queue: QueueOut
  error: unknown
  busy: boolean
  onPause: () => void
  onClose: () => void
}

/** Says what a pause would hold up, before it does. */
function Pause({ queue, error, busy, onPause, onClose }: PauseProps) {
  const say = useSay()
  const { credits } = useFormats()
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={say.console.pauseTitle(queue.name)}
      description={say.console.pauseTells(queue.waiting, credits(queue.frozen))}
      actions={
        <Button look="danger" busy={busy} onClick={onPause}>
          {busy ? say.shell.asking : say.console.pause}
        </Button>
      }
    >
      {queue.at_provider > 0 && <p>{say.console.pauseRunning(queue.at_provider)}</p>}
      {error !== null && <Failure error={error} />}
    </Dialog>
  )
}
