import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import type { OperationOut, TaskOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { useAnnounce } from '../ui/announce'
import { Failure, Loading } from '../ui/states'
import { MARKS } from './status'
import { useNow } from '../ui/time'
import { TaskActions } from './task-actions'
import { Details } from './details'
import { useOperation, useTitles } from './operations'
import { Pieces } from './pieces'
import { taskOptions } from './read'
import { doingOf, moneyOf, tell } from './sentence'
import { Stages } from './stages'
import { hasEnded, isChoosing, nameOf, picturesOf } from './task'

const LargeView = lazy(() =>
  import('./large-view').then(({ LargeView: component }) => ({ default: component })),
)

interface Props {
  id: string
  /** Its heading: of a page of its own, or of a part of one. */
  as?: 'h1' | 'h2'
  /** Show another task in its place: one that was made from it. */
  onShow: (id: string) => void
}

/** One task: what it is doing, its pieces in their places, and what one can do. */
export function TaskView({ id, as = 'h1', onShow }: Props) {
  const { data: task, error, refetch } = useQuery(taskOptions(id))
  const operation = useOperation(task?.type)
  if (error && !task) {
    // A foreign or unknown task is the page's own 404.
    return <Failure error={error} onRetry={() => void refetch()} />
  }
  if (!task) return <Unread />
  return <Known key={task.id} as={as} task={task} operation={operation} onShow={onShow} />
}

interface KnownProps {
  as: 'h1' | 'h2'
  task: TaskOut
  operation: OperationOut | undefined
  onShow: (id: string) => void
}

function Known({ as: Heading, task, operation, onShow }: KnownProps) {
  const titles = useTitles()
  const choosing = isChoosing(task, operation)
  const [wanted, setWanted] = useState<number>()
  const [large, setLarge] = useState<number>()
  // What was chosen may be gone: the piece failed after all.
  const chosen = picturesOf(task).find((piece) => piece.index === wanted)?.index
  useChangesSpoken(task, operation)
  return (
    <article className="flex flex-col gap-4" data-task={task.status}>
      <header>
        <Heading
          dir="auto"
          data-task-name
          className="line-clamp-3 max-w-[48rem] text-title! text-balance [overflow-wrap:anywhere]"
        >
          {nameOf(task, titles)}
        </Heading>
        <Sentence task={task} operation={operation} />
      </header>
      <Stages task={task} operation={operation} />
      {/* Notes come below the pieces: these stay where they are. */}
      <Pieces
        task={task}
        chosen={chosen}
        onChoose={choosing ? setWanted : undefined}
        onEnlarge={setLarge}
      />
      <Note task={task} operation={operation} />
      <TaskActions
        task={task}
        operation={operation}
        chosen={chosen}
        onChoose={choosing ? setWanted : undefined}
        onShow={onShow}
      />
      <Details task={task} operation={operation} />
      {large !== undefined && (
        <Suspense>
          <LargeView task={task} index={large} onIndex={setLarge} />
        </Suspense>
      )}
    </article>
  )
}

/** What it is doing, since when, how long that usually takes, and what happens to the money. */
function Sentence({ task, operation }: { task: TaskOut; operation: OperationOut | undefined }) {
  const say = useSay()
  const formats = useFormats()
  const now = useNow(hasEnded(task.status) ? undefined : 1000)
  const { doing, facts } = tell(task, operation, { say, formats, now })
  return (
    <p className="mt-1 text-label text-ink-2 figures">
      <span className={`font-semibold ${MARKS[task.status].colour}`}>{doing}</span>
      {facts.filter(Boolean).map((fact) => (
        <span key={fact}> · {fact}</span>
      ))}
    </p>
  )
}

/** What there is to know or to decide. */
function Note({ task, operation }: { task: TaskOut; operation: OperationOut | undefined }) {
  const say = useSay()
  const formats = useFormats()
  const now = useNow(hasEnded(task.status) ? undefined : 5000)
  const { note } = tell(task, operation, { say, formats, now })
  return note ? <p className="max-w-measure">{note}</p> : null
}

/** Says aloud that the state has changed: never how far it has come. */
function useChangesSpoken(task: TaskOut, operation: OperationOut | undefined) {
  const say = useSay()
  const formats = useFormats()
  const announce = useAnnounce()
  const state = `${task.status} ${task.phase}`
  const before = useRef(state)
  useEffect(() => {
    if (before.current === state) return
    before.current = state
    const doing = doingOf(task, say)
    if (task.status === 'awaiting_selection')
      announce(say.task.announce.choose(picturesOf(task).length))
    else if (hasEnded(task.status) && task.status !== 'completed')
      announce(say.task.announce.failed(doing, moneyOf(task, { say, formats })))
    else announce(say.task.announce.completed(doing))
  }, [state, task, operation, say, formats, announce])
}

/** Its layout while it is being read. */
function Unread() {
  return (
    <Loading>
      <div aria-hidden className="flex flex-col gap-4">
        <div className="h-9 w-2/3 tooth" />
        <div className="h-4 w-1/3 tooth" />
        <div className="grid max-w-[56rem] grid-cols-2 gap-3.5 md:grid-cols-4">
          {[0, 1, 2, 3].map((place) => (
            <div key={place} className="aspect-square rounded-picture tooth" />
          ))}
        </div>
      </div>
    </Loading>
  )
}
