import { X } from 'lucide-react'
import { useMutation } from '@tanstack/react-query'
import { Popover } from 'radix-ui'
import { useState } from 'react'
import { newKey, onceOnly } from '../api'
import { changeTasks } from '../api/calls'
import type { TaskRowOut } from '../api/types'
import { useShortcut } from '../keys'
import { useFormats, useSay } from '../say'
import { useCancel } from '../task/actions'
import { rowName } from '../task/task'
import { useAnnounce } from '../ui/announce'
import { Button, IconButton } from '../ui/button'
import { BareLink, Link } from '../ui/link'
import { Progress } from '../ui/progress'
import { Failure } from '../ui/states'
import { MARKS, StatusWord } from '../task/status'
import { useUnderWay } from './under-way'

/** Rows of those in line that are shown; the rest is a number. */
const SHOWN = 5

/** What is under way, from any page: what runs, what waits for its owner, what is in line. */
export function Tray() {
  const say = useSay()
  const tasks = useUnderWay()
  const [open, setOpen] = useState(false)
  useShortcut(
    { id: 'tray', keys: 'g t', label: say.shell.keyTray, group: say.shell.navigation },
    tasks.length > 0 ? () => setOpen(true) : undefined,
  )
  if (tasks.length === 0) return null
  const waiting = tasks.filter((task) => task.status === 'awaiting_selection').length
  const going = tasks.filter((task) => task.status === 'running').length
  // Where nothing runs yet, what is in line is about to.
  const running = going || tasks.length - waiting
  const mark = MARKS[running > 0 ? 'running' : 'awaiting_selection']
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className="inline-flex min-h-10 items-center gap-2 rounded-control px-2 whitespace-nowrap hover:bg-sunk">
        <span aria-hidden className={mark.colour}>
          {mark.shape}
        </span>
        {running > 0 ? say.shell.running(running) : say.shell.waitsForYou(waiting)}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={8}
          collisionPadding={8}
          aria-label={say.shell.trayTitle}
          className="z-50 max-h-[70dvh] w-[min(24rem,calc(100vw-1rem))] overflow-auto rounded-control border border-line bg-panel p-4 shadow-layer"
        >
          <h2 className="mb-1">{say.shell.trayTitle}</h2>
          <Part status="running" title={say.task.tray.running} onOpen={() => setOpen(false)} />
          <Part
            status="awaiting_selection"
            title={say.task.tray.yours}
            onOpen={() => setOpen(false)}
          />
          <Part status="queued" title={say.task.tray.waiting} onOpen={() => setOpen(false)} />
          <div className="border-t border-line pt-3">
            <Link to="/history" onClick={() => setOpen(false)}>
              {say.shell.trayAll}
            </Link>
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

interface PartProps {
  status: TaskRowOut['status']
  title: string
  onOpen: () => void
}

function Part({ status, title, onOpen }: PartProps) {
  const say = useSay()
  const tasks = useUnderWay().filter((task) => task.status === status)
  const isLine = status === 'queued'
  const shown = isLine ? tasks.slice(0, SHOWN) : tasks
  if (tasks.length === 0) return null
  return (
    <section aria-label={title}>
      <h3 className="mt-2 mb-1 text-label font-semibold text-ink-2">{title}</h3>
      <ul>
        {shown.map((task) => (
          <li key={task.id} className="flex items-center gap-1 border-t border-line">
            <Row task={task} onOpen={onOpen} />
            {status !== 'awaiting_selection' && <CancelOne task={task} />}
          </li>
        ))}
      </ul>
      {tasks.length > shown.length && (
        <p className="border-t border-line py-2 text-label text-ink-2">
          {say.task.tray.more(tasks.length - shown.length)}
        </p>
      )}
      {isLine && tasks.length > 1 && <CancelRest count={tasks.length} />}
    </section>
  )
}

function Row({ task, onOpen }: { task: TaskRowOut; onOpen: () => void }) {
  const { percent } = useFormats()
  const name = rowName(task)
  return (
    <BareLink
      to="/tasks/$id"
      params={{ id: task.id }}
      onClick={onOpen}
      className="block min-w-0 grow py-2 hover:bg-sunk"
    >
      <span dir="auto" className="block truncate">
        {name}
      </span>
      <span className="flex items-center justify-between gap-3">
        <StatusWord status={task.status} />
        {task.status === 'running' && (
          <span className="text-label text-ink-3 figures">{percent(task.progress)}</span>
        )}
      </span>
      {task.status === 'running' && (
        <Progress label={name} value={task.progress} className="mt-1" />
      )}
    </BareLink>
  )
}

function CancelOne({ task }: { task: TaskRowOut }) {
  const say = useSay()
  const cancel = useCancel()
  const isAsking = cancel.isPending || task.cancel_requested
  return (
    <IconButton
      label={say.task.tray.cancelOne(rowName(task).slice(0, 60))}
      disabled={isAsking}
      onClick={() => cancel.mutate(task.id)}
    >
      <X size={18} strokeWidth={1.5} aria-hidden />
    </IconButton>
  )
}

/** Everything in line, but nothing that runs; the server says first what that would be. */
function CancelRest({ count }: { count: number }) {
  const say = useSay()
  const announce = useAnnounce()
  const { credits } = useFormats()
  const plan = useMutation({ mutationFn: () => cancelQueued(true, newKey()) })
  const run = useMutation({
    mutationFn: () => cancelQueued(false, newKey()),
    onSuccess: (done) => announce(say.task.tray.cancelled(done.affected)),
  })
  const found = plan.data
  const problem = plan.error ?? run.error
  return (
    <div className="border-t border-line py-2">
      {problem && <Failure error={problem} />}
      {found ? (
        <Button
          look="danger"
          busy={run.isPending || run.isSuccess}
          className="w-full"
          onClick={() => run.mutate()}
        >
          {run.isPending
            ? say.shell.asking
            : say.task.tray.sure(found.affected, credits(found.frozen, { digits: 0 }))}
        </Button>
      ) : (
        <Button busy={plan.isPending} className="w-full" onClick={() => plan.mutate()}>
          {plan.isPending ? say.shell.asking : say.task.tray.cancelWaiting(count)}
        </Button>
      )}
    </div>
  )
}

async function cancelQueued(dry: boolean, key: string) {
  const { data } = await changeTasks({
    body: { action: 'cancel', dry_run: dry, tasks: { status: ['queued'] } },
    headers: onceOnly(key),
  })
  return data
}
