import { useQuery } from '@tanstack/react-query'
import { asProblem } from '../api'
import { estimateTask } from '../api/calls'
import type { OperationOut, TaskOut } from '../api/types'
import { useShortcut } from '../keys'
import { useFormats, useSay } from '../say'
import { Button, buttonStyle } from '../ui/button'
import { join } from '../ui/join'
import { Failure } from '../ui/states'
import { type OrderBody, useCancel, useOrder, usePick, useRemix, useRetry } from './actions'
import { canRetry, freshOrder, retryOrder } from './again'
import { PickKeys } from './pick-keys'
import { hasEnded, nextPhase, picturesOf, tierOf } from './task'

interface Props {
  task: TaskOut
  operation: OperationOut | undefined
  chosen: number | undefined
  onChoose: ((index: number) => void) | undefined
  onShow: (id: string) => void
}

/** What can be done with a task now: one thing above all, the rest beside it. */
export function TaskActions({ task, operation, chosen, onChoose, onShow }: Props) {
  const cancel = useCancel()
  const pick = usePick(task)
  const retry = useRetry(task, onShow)
  const again = useOrder(onShow)
  const isOver = hasEnded(task.status)
  const problem = [cancel, pick, retry, again].find((each) => each.error)?.error
  return (
    <div className="flex flex-col gap-3">
      {problem != null && <Refusal error={problem} task={task} />}
      <div
        className={join(
          'flex flex-wrap gap-2.5',
          onChoose &&
            'max-md:fixed max-md:inset-x-0 max-md:bottom-14 max-md:z-20 max-md:border-t max-md:border-line max-md:bg-ground max-md:p-3 max-md:px-4',
        )}
      >
        {onChoose && <Pick {...{ task, operation, chosen, pick, onChoose }} />}
        {!isOver && <Cancel task={task} cancel={cancel} />}
        {isOver && <Again {...{ task, operation, retry, again }} />}
        <Downloads task={task} />
      </div>
      {onChoose && <div aria-hidden className="h-24 md:hidden" />}
    </div>
  )
}

interface PickProps extends Pick<Props, 'task' | 'operation' | 'chosen'> {
  pick: ReturnType<typeof usePick>
  onChoose: (index: number) => void
}

/** The next step from the picture that is chosen, with its price. */
function Pick({ task, operation, chosen, pick, onChoose }: PickProps) {
  const say = useSay()
  const { credits } = useFormats()
  const price = nextPhase(task, operation)?.prices[tierOf(task)]
  const upTo = price === undefined ? '' : say.workspace.upTo(credits(price, { digits: 0 }))
  const isReady = task.status === 'awaiting_selection'
  const blocked =
    chosen === undefined ? say.task.pickFirst : isReady ? undefined : say.task.pickWait
  const confirm = () => {
    if (chosen !== undefined && isReady && !pick.isPending) pick.mutate(chosen)
  }
  const label =
    chosen === undefined
      ? [say.task.pickFirst, upTo].filter(Boolean).join(' · ')
      : say.task.pickFrom(chosen + 1, upTo)
  return (
    <>
      <Button
        look="primary"
        busy={pick.isPending}
        blocked={blocked}
        onClick={confirm}
        className="max-md:w-full"
      >
        {pick.isPending ? say.task.picking : label}
      </Button>
      {blocked === say.task.pickWait && (
        <p className="w-full text-label text-ink-2">{say.task.pickWait}</p>
      )}
      <PickKeys
        task={task}
        onChoose={onChoose}
        onConfirm={chosen === undefined ? undefined : confirm}
      />
    </>
  )
}

function Cancel({ task, cancel }: { task: TaskOut; cancel: ReturnType<typeof useCancel> }) {
  const say = useSay()
  const isAsking = cancel.isPending || task.cancel_requested
  const label =
    task.status === 'awaiting_selection'
      ? say.task.keepImages
      : task.outputs.some((piece) => piece.status === 'completed' && piece.phase === task.phase)
        ? say.task.cancelRest
        : say.task.cancel
  return (
    <Button busy={isAsking} onClick={() => cancel.mutate(task.id)}>
      {isAsking ? say.task.cancelling : label}
    </Button>
  )
}

interface AgainProps extends Pick<Props, 'task' | 'operation'> {
  retry: ReturnType<typeof useRetry>
  again: ReturnType<typeof useOrder>
}

/** The same once more: what failed, with a new seed, or with other values. */
function Again({ task, operation, retry, again }: AgainProps) {
  const say = useSay()
  const { credits } = useFormats()
  const remix = useRemix()
  const canBeAsked = operation?.available ?? false
  const isRetry = canRetry(task)
  const price = usePrice(isRetry ? retryOrder(task) : freshOrder(task), canBeAsked)
  const upTo = price && say.workspace.upTo(credits(price, { digits: 0 }))
  const run = () => {
    if (again.isPending || price === undefined) return
    again.mutate({ ...freshOrder(task), expected_max: price } as OrderBody)
  }
  const group = say.task.title
  useShortcut(
    { id: 'task.again', keys: 'r', label: say.task.keyAgain, group },
    canBeAsked && !isRetry ? run : undefined,
  )
  useShortcut({ id: 'task.remix', keys: 'm', label: say.task.keyRemix, group }, () => remix(task))
  const retryLabel =
    task.status === 'completed'
      ? say.task.retryMissing(task.outputs.length - picturesOf(task).length)
      : task.selected_image_index !== null
        ? say.task.retryModel
        : say.task.retry
  return (
    <>
      {canBeAsked && isRetry && (
        <Button busy={retry.isPending} onClick={() => retry.mutate()}>
          {retry.isPending ? say.shell.asking : [retryLabel, upTo].filter(Boolean).join(' · ')}
        </Button>
      )}
      {canBeAsked && !isRetry && (
        <Button busy={again.isPending || price === undefined} onClick={run}>
          {again.isPending ? say.shell.asking : [say.task.again, upTo].filter(Boolean).join(' · ')}
        </Button>
      )}
      <Button onClick={() => remix(task)}>{say.task.remix}</Button>
    </>
  )
}

/** What an order would hold now, from the server. */
function usePrice(order: Record<string, unknown>, enabled: boolean): string | undefined {
  const { data } = useQuery({
    queryKey: ['estimate', order],
    queryFn: async ({ signal }) =>
      (await estimateTask({ body: order as unknown as OrderBody, signal })).data,
    enabled,
    retry: false,
  })
  return data?.held
}

/** The file that matters, to keep. */
function Downloads({ task }: { task: TaskOut }) {
  const say = useSay()
  const { size } = useFormats()
  const files = task.outputs.filter((piece) => piece.url && piece.status === 'completed')
  const last = files.at(-1)
  const isOne = last && files.filter((piece) => piece.phase === last.phase).length === 1
  const href = isOne ? last.url : undefined
  useShortcut(
    { id: 'task.download', keys: 'd', label: say.task.keyDownload, group: say.task.title },
    href ? () => document.querySelector<HTMLElement>('[data-download]')?.click() : undefined,
  )
  if (!href || !last) return null
  return (
    <a data-download href={href} download className={buttonStyle()}>
      {last.size ? say.task.downloadSize(size(last.size)) : say.task.download}
    </a>
  )
}

/** Why it was refused; of a choice, that somebody was first. */
function Refusal({ error, task }: { error: unknown; task: TaskOut }) {
  const say = useSay()
  const isTaken = asProblem(error).code === 'not_awaiting_selection'
  if (isTaken && task.selected_image_index !== null)
    return (
      <p role="alert" className="border-l-2 border-ochre pl-3">
        {say.task.pickedElsewhere(task.selected_image_index + 1)}
      </p>
    )
  return <Failure title={say.task.couldNot} error={error} />
}
