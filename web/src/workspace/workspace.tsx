import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useSay } from '../say'
import { useUnderWay } from '../shell/under-way'
import { latestOptions, taskOptions } from '../task/read'
import { TaskView } from '../task/task-view'
import { Empty } from '../ui/states'
import { join } from '../ui/join'
import { Choice } from '../ui/choice'
import { Earlier } from './earlier'
import { Make } from './make'
import { lastOperation } from '../form/draft'

export interface WorkspaceSearch {
  /** The operation of the form. */
  op?: string
  /** The task that the form is filled from. */
  from?: string
  /** A file of one's own that is put into the form. */
  input?: string
  /** The task on the right; otherwise the newest that goes on, or the newest of today. */
  task?: string
  /** Which half a phone shows. */
  view?: 'make' | 'result'
}

/** Where things are made: the form at the left, the present task at the right. */
export function Workspace({ search }: { search: WorkspaceSearch }) {
  const say = useSay()
  const navigate = useNavigate({ from: '/workspace' })
  const present = usePresent(search.task)
  const underWay = useUnderWay().length > 0
  const view = search.view ?? (underWay && !search.op ? 'result' : 'make')
  // What the form is filled from has done its work with the first change.
  const go = (change: WorkspaceSearch) =>
    void navigate({
      search: ({ from: _from, input: _input, ...before }) => ({ ...before, ...change }),
      replace: true,
    })
  const isChoice =
    useQuery({ ...taskOptions(present ?? ''), enabled: present !== undefined }).data?.status ===
    'awaiting_selection'

  return (
    <div className="md:grid md:grid-cols-[22.5rem_1fr]">
      <h1 className="sr-only">{say.shell.workspace}</h1>
      <div className="sticky top-14 z-10 border-b border-line bg-ground px-4 py-2 md:hidden">
        <Choice
          label={say.workspace.halves}
          bare
          options={[
            { value: 'make', label: say.workspace.make },
            { value: 'result', label: say.workspace.result },
          ]}
          value={view}
          onChoose={(next) =>
            void navigate({ search: (before) => ({ ...before, view: next }), replace: true })
          }
          className="flex *:grow *:basis-0"
        />
      </div>
      <section
        aria-label={say.workspace.make}
        className={join(
          'px-4 pt-4 max-md:pb-44 md:sticky md:top-14 md:h-[calc(100dvh-3.5rem)] md:border-r md:border-line md:p-0',
          view === 'result' && 'max-md:hidden',
        )}
      >
        <Make
          op={search.op ?? (search.from ? undefined : lastOperation())}
          from={search.from}
          input={search.input}
          onOperation={(op) => go({ op })}
          isAside={isChoice}
          onForget={() => go({})}
          onSubmitted={(task) => go({ task, view: 'result' })}
        />
      </section>
      <section
        aria-label={say.workspace.result}
        className={join('min-w-0 px-4 py-5 md:px-6', view === 'make' && 'max-md:hidden')}
      >
        <div className="flex max-w-[72rem] flex-col gap-8">
          {present ? (
            <TaskView as="h2" id={present} onShow={(task) => go({ task, view: 'result' })} />
          ) : (
            <Nothing />
          )}
          <Earlier shown={present} />
        </div>
      </section>
    </div>
  )
}

function Nothing() {
  const say = useSay()
  return (
    <div>
      <div aria-hidden className="grid max-w-[56rem] grid-cols-2 gap-3.5 md:grid-cols-4">
        {[0, 1, 2, 3].map((place) => (
          <div key={place} className="aspect-square rounded-picture border border-line tooth" />
        ))}
      </div>
      <Empty>{say.workspace.empty}</Empty>
    </div>
  )
}

/** The task at the right; what a reload or another device finds again by itself. */
function usePresent(wanted: string | undefined): string | undefined {
  const going = useUnderWay()
  const latest = useQuery(latestOptions()).data?.items ?? []
  if (wanted) return wanted
  const newest = [...going].sort((one, other) => other.created_at.localeCompare(one.created_at))[0]
  return newest?.id ?? latest[0]?.id
}
