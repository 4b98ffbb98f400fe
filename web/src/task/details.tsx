import { ChevronRight } from 'lucide-react'
import { type ReactNode } from 'react'
import type { OperationOut, TaskOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { CopyButton } from '../ui/copy'
import { Link } from '../ui/link'
import { Time } from '../ui/time'
import { titleOf } from './operations'
import { moneyOf } from './sentence'

/** Everything else that is known of a task, folded away. */
export function Details({
  task,
  operation,
}: {
  task: TaskOut
  operation: OperationOut | undefined
}) {
  const say = useSay()
  const formats = useFormats()
  const params = Object.entries(task.params).filter(
    ([name, value]) => value !== null && value !== '' && name !== 'priority',
  )
  return (
    <details className="group max-w-measure text-label">
      <summary className="inline-flex min-h-8 list-none items-center gap-1 font-semibold text-ink-2 hover:text-ink">
        <ChevronRight
          size={16}
          strokeWidth={1.5}
          aria-hidden
          className="transition-transform duration-120 group-open:rotate-90"
        />
        {say.task.details}
      </summary>
      <dl className="mt-1 border-t border-line">
        <Line name={say.workspace.operation}>
          {operation ? titleOf(operation, say) : task.type}
        </Line>
        {params.map(([name, value]) => (
          <Line key={name} name={say.workspace.fields[name] ?? name.replaceAll('_', ' ')}>
            <span dir="auto" className="whitespace-pre-wrap [overflow-wrap:anywhere]">
              {typeof value === 'string'
                ? (say.workspace.options[value] ?? value)
                : JSON.stringify(value)}
            </span>
          </Line>
        ))}
        <Line name={say.task.cost}>{moneyOf(task, { say, formats })}</Line>
        <Line name={say.task.ordered}>
          <Time at={task.created_at} />
        </Line>
        {task.finished_at && (
          <Line name={say.task.finished}>
            <Time at={task.finished_at} />
          </Line>
        )}
        {task.retry_of && (
          <Line name={say.task.retryOf}>
            <Link to="/tasks/$id" params={{ id: task.retry_of }}>
              <code className="font-mono">{task.retry_of}</code>
            </Link>
          </Line>
        )}
        <Line name={say.task.id}>
          <code className="font-mono [overflow-wrap:anywhere]">{task.id}</code>{' '}
          <CopyButton text={task.id} label={`${say.shell.copy} ${say.task.id}`} />
        </Line>
      </dl>
    </details>
  )
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[8rem_1fr] items-baseline gap-x-4 border-b border-line py-1.5">
      <dt className="text-ink-2">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
