import { Popover } from 'radix-ui'
import { useState } from 'react'
import type { TaskRowOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { BareLink, Link } from '../ui/link'
import { Progress } from '../ui/progress'
import { StatusWord } from '../ui/status'
import { useUnderWay } from './under-way'

/** What is under way, from any page. */
export function Tray() {
  const say = useSay()
  const tasks = useUnderWay()
  const [open, setOpen] = useState(false)
  const waiting = tasks.filter((task) => task.status === 'awaiting_selection').length
  if (tasks.length === 0) return null
  const running = tasks.length - waiting
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className="inline-flex min-h-10 items-center gap-2 rounded-control px-2 hover:bg-sunk">
        <span aria-hidden className={waiting ? 'text-ochre' : 'text-ultramarine'}>
          {waiting ? '▲' : '◐'}
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
          <h2 className="mb-2">{say.shell.trayTitle}</h2>
          <ul>
            {tasks.map((task) => (
              <li key={task.id} className="border-t border-line">
                <Row task={task} onOpen={() => setOpen(false)} />
              </li>
            ))}
          </ul>
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

function Row({ task, onOpen }: { task: TaskRowOut; onOpen: () => void }) {
  const { percent } = useFormats()
  const name = task.title ?? task.type
  return (
    <BareLink
      to="/tasks/$id"
      params={{ id: task.id }}
      onClick={onOpen}
      className="block py-2 hover:bg-sunk"
    >
      <span dir="auto" className="block truncate">
        {name}
      </span>
      <span className="flex items-center justify-between gap-3">
        <StatusWord status={task.status} />
        <span className="text-label text-ink-3 figures">{percent(task.progress)}</span>
      </span>
      {task.status === 'running' && (
        <Progress label={name} value={task.progress} className="mt-1" />
      )}
    </BareLink>
  )
}
