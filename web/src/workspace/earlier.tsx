import { useQuery } from '@tanstack/react-query'
import type { TaskRowOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { useTitles } from '../task/operations'
import { latestOptions } from '../task/read'
import { moneyOf } from '../task/sentence'
import { rowName } from '../task/task'
import { Failure, Lines, Loading } from '../ui/states'
import { Credits } from '../ui/credits'
import { BareLink, Link } from '../ui/link'
import { MARKS } from '../task/status'
import { sum } from '../money'

/** What else was made today, the newest first. */
export function Earlier({ shown }: { shown: string | undefined }) {
  const say = useSay()
  const tasks = useQuery(latestOptions())
  if (tasks.error && !tasks.data)
    return <Failure error={tasks.error} onRetry={() => void tasks.refetch()} />
  if (!tasks.data)
    return (
      <Loading>
        <Lines count={3} />
      </Loading>
    )
  const others = tasks.data.items.filter((task) => task.id !== shown)
  const today = others.filter((task) => isToday(task.created_at))
  const rows = today.length > 0 ? today : others.slice(0, 5)
  if (rows.length === 0) return null
  return (
    <section aria-labelledby="earlier">
      <h2 id="earlier" className="mb-2">
        {today.length > 0 ? say.workspace.earlier : say.workspace.latest}
      </h2>
      <ul className="border-t border-line">
        {rows.map((task) => (
          <li key={task.id} className="border-b border-line">
            <Row task={task} />
          </li>
        ))}
      </ul>
      <p className="mt-3 text-label">
        <Link to="/history">{say.workspace.allTasks}</Link>
      </p>
    </section>
  )
}

function Row({ task }: { task: TaskRowOut }) {
  const say = useSay()
  const formats = useFormats()
  const titles = useTitles()
  const { colour, shape } = MARKS[task.status]
  const money = moneyOf(task, { say, formats })
  const isOff = task.status === 'failed' || task.status === 'cancelled' || task.status === 'expired'
  const seen = task.thumbnails.find((each) => each.url)
  return (
    <BareLink
      to="/workspace"
      search={(before) => ({ ...before, task: task.id, view: 'result' as const })}
      className="grid min-h-14 grid-cols-[2.5rem_1fr_auto] items-center gap-x-3 py-2 hover:bg-sunk md:grid-cols-[2.5rem_1fr_12rem_4rem]"
    >
      {seen?.url ? (
        <img
          src={seen.url}
          {...(seen.mean_color && { style: { backgroundColor: seen.mean_color } })}
          alt=""
          loading="lazy"
          decoding="async"
          className="size-10 rounded-picture object-cover"
        />
      ) : (
        <span aria-hidden className="size-10 rounded-picture tooth" />
      )}
      <span className="min-w-0">
        <span dir="auto" className="block truncate">
          {rowName(task, titles)}
        </span>
        <span className={`text-label md:hidden ${colour}`}>
          {say.task.status[task.status]}
          {isOff && money && ` · ${money}`}
        </span>
      </span>
      <span className={`hidden text-label font-semibold md:inline ${colour}`}>
        <span aria-hidden>{shape}</span> {say.task.status[task.status]}
        {isOff && money && ` · ${money}`}
      </span>
      <Credits amount={sum([task.cost.charged])} className="text-right" />
    </BareLink>
  )
}

function isToday(at: string): boolean {
  return new Date(at).toDateString() === new Date().toDateString()
}
