import { asProblem } from '../api'
import type { OverviewOut } from '../api/types'
import { type Catalogue, useFormats, useSay } from '../say'
import { ButtonLink } from '../ui/link'
import { Failure } from '../ui/states'
import { Loading } from '../ui/loading'
import { Age } from './age'
import { ConsolePage } from './console-page'
import { JobStatusWord } from './job-status'
import { type Need, needsOf } from './needs'
import { QueueTable } from './queue-table'
import { useOverview, useProviders, useQueues } from './use-house'

/** What needs somebody, and how the house stands. */
export function OverviewPage() {
  const say = useSay()
  const overview = useOverview()
  const queues = useQueues()
  const providers = useProviders()
  const error = overview.error ?? queues.error ?? providers.error
  const again = () => void Promise.all([overview, queues, providers].map((each) => each.refetch()))
  const [house, rows, makers] = [overview.data, queues.data?.items, providers.data?.items]
  return (
    <ConsolePage
      title={say.console.overview}
      readAt={overview.dataUpdatedAt}
      onRefresh={again}
      isReading={overview.isFetching || queues.isFetching}
    >
      {error !== null && <Failure error={asProblem(error)} onRetry={again} />}
      {error === null && !(house && rows && makers) && <Loading />}
      {house && rows && makers && (
        <div className="flex flex-col gap-8">
          <Needs needs={needsOf(house, rows, makers)} />
          <Figures house={house} />
          <QueueTable queues={rows} isPlain />
        </div>
      )}
    </ConsolePage>
  )
}

function Needs({ needs }: { needs: readonly Need[] }) {
  const say = useSay()
  if (needs.length === 0)
    return (
      <p className="border-y border-line py-4 text-lead">
        <span aria-hidden className="text-verdigris">
          ●
        </span>{' '}
        {say.console.nothingNeeds}
      </p>
    )
  return (
    <section>
      <h2 className="mb-2">
        {say.console.needsYou} <span className="text-ink-3 figures">{needs.length}</span>
      </h2>
      <ul className="border-t border-line">
        {needs.map((need) => (
          <NeedRow key={JSON.stringify(need)} need={need} />
        ))}
      </ul>
    </section>
  )
}

function NeedRow({ need }: { need: Need }) {
  const say = useSay()
  const { credits } = useFormats()
  const since = 'since' in need ? need.since : null
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-2">
      <span aria-hidden className={need.kind === 'unknown' ? 'text-violet' : 'text-ochre'}>
        ▲
      </span>
      <span className="min-w-0 grow basis-64">
        {sentence(need, say, credits)}
        {since !== null && (
          <span className="text-ink-2">
            {' '}
            · <Age since={since} />
          </span>
        )}
      </span>
      <ButtonLink {...wayTo(need)}>{say.console.review}</ButtonLink>
    </li>
  )
}

function sentence(need: Need, say: Catalogue, credits: (amount: string) => string): string {
  const words = say.console
  switch (need.kind) {
    case 'unknown':
      return words.needUnknown(need.count, credits(need.amount))
    case 'overdue':
      return words.needOverdue(need.count)
    case 'dead-letters':
      return words.needLetters(need.count)
    case 'breaker':
      return need.state === 'open'
        ? words.needOpen(need.provider, need.failed)
        : words.needHalf(need.provider)
    case 'paused':
      return words.needPaused(need.queue, need.waiting, credits(need.amount))
    case 'slow':
      return words.needSlow(need.queue, need.waiting, credits(need.amount))
  }
}

function wayTo(need: Need) {
  switch (need.kind) {
    case 'unknown':
      return { to: '/admin/jobs', search: { status: 'unknown' } } as const
    case 'overdue':
      return { to: '/admin/jobs', search: { overdue: true } } as const
    case 'dead-letters':
      return { to: '/admin/dead-letters' } as const
    case 'breaker':
      return { to: '/admin/providers' } as const
    case 'paused':
    case 'slow':
      return { to: '/admin/queues' } as const
  }
}

/** The counters, and the live jobs by state. */
function Figures({ house }: { house: OverviewOut }) {
  const say = useSay()
  const { number, credits } = useFormats()
  const figures = [
    [say.console.waiting, number(house.waiting), undefined],
    [say.console.inFlight, number(house.in_flight), undefined],
    [say.console.perMinute, number(house.ended_per_minute), undefined],
    [say.console.heldNow, credits(house.holds.amount), say.console.heldIn(house.holds.count)],
  ] as const
  const jobs = house.jobs.filter(({ count }) => count > 0)
  return (
    <section className="flex flex-col gap-4">
      <dl className="grid grid-cols-2 border-t border-line lg:grid-cols-4">
        {figures.map(([name, value, aside]) => (
          <div key={name} className="border-b border-line py-3">
            <dt className="text-label text-ink-2">{name}</dt>
            <dd className="font-serif text-title figures">
              {value}
              {aside && <span className="ml-2 font-sans text-label text-ink-3">{aside}</span>}
            </dd>
          </div>
        ))}
      </dl>
      {jobs.length > 0 && (
        <ul aria-label={say.console.byState} className="flex flex-wrap gap-x-6 gap-y-2">
          {jobs.map(({ status, count }) => (
            <li key={status} className="flex items-center gap-2">
              <JobStatusWord status={status} />
              <span className="figures">{number(count)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
