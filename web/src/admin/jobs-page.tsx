import { useNavigate } from '@tanstack/react-router'
import { listLiveJobs } from '../api/calls'
import type { JobRowOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { Loading } from '../ui/loading'
import { Empty, Failure } from '../ui/states'
import { Table, Td, Th } from '../ui/table'
import { useNow } from '../ui/time'
import { Age } from './age'
import { ConsolePage } from './console-page'
import { JobFilters } from './job-filters'
import { JobPeek } from './job-peek'
import { JobStatusWord } from './job-status'
import { jobsQueryOf, type JobsSearch } from './jobs-search'
import { usePages } from './pages-of'
import { useRowKeys } from './row-keys'

/** What happens to the jobs that have not ended: the oldest first, since those are the stuck ones. */
export function JobsPage({ search }: { search: JobsSearch }) {
  const say = useSay()
  const navigate = useNavigate()
  const { job: open, ...filters } = search
  const asked = jobsQueryOf(filters)
  const pages = usePages(['jobs', asked], async (cursor, signal) => {
    const query = { ...asked, limit: 50, ...(cursor && { cursor }) }
    return (await listLiveJobs({ query, signal })).data
  })
  const change = (next: JobsSearch) =>
    void navigate({ to: '/admin/jobs', search: next, replace: true, resetScroll: false })
  const again = () => void pages.refetch()
  const { rows, error } = pages
  return (
    <ConsolePage
      title={say.console.jobs}
      readAt={pages.dataUpdatedAt}
      onRefresh={again}
      isReading={pages.isFetching}
    >
      <JobFilters search={filters} onChange={change} />
      {error && <Failure error={error} onRetry={again} />}
      {!error && !rows && <Loading />}
      {rows?.length === 0 && (
        <Empty>
          {Object.keys(asked).length > 0 ? say.console.noJobsMatch : say.console.noJobs}
        </Empty>
      )}
      {rows && rows.length > 0 && (
        <JobTable rows={rows} onPeek={(job) => change({ ...filters, job })} />
      )}
      {pages.hasNextPage && (
        <Button
          className="mt-4 self-start"
          busy={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          {say.console.more}
        </Button>
      )}
      {open && <JobPeek id={open} onClose={() => change(filters)} />}
    </ConsolePage>
  )
}

const WIDE = 'hidden lg:table-cell'

function JobTable({ rows, onPeek }: { rows: JobRowOut[]; onPeek: (id: string) => void }) {
  const words = useSay().console
  const ids = rows.map(({ id }) => id)
  const box = useRowKeys(ids, onPeek)
  return (
    <Table caption={words.jobs}>
      <thead>
        <tr>
          <Th>{words.job}</Th>
          <Th>{words.state}</Th>
          <Th number>{words.age}</Th>
          <Th>{words.queue}</Th>
          <Th>{words.provider}</Th>
          <Th number className={WIDE}>
            {words.attempt}
          </Th>
          <Th number>{words.price}</Th>
          <Th className={WIDE}>{words.error}</Th>
        </tr>
      </thead>
      <tbody ref={box}>
        {rows.map((row) => (
          <JobRow key={row.id} row={row} onPeek={onPeek} />
        ))}
      </tbody>
    </Table>
  )
}

function JobRow({ row, onPeek }: { row: JobRowOut; onPeek: (id: string) => void }) {
  const words = useSay().console
  const { credits } = useFormats()
  const isOverdue = Date.parse(row.deadline_at) < useNow(10_000)
  return (
    <tr className="relative hover:bg-sunk has-[[data-peek]:focus-visible]:bg-sunk">
      <Td>
        <button
          type="button"
          data-peek
          aria-label={`${words.peek}: ${row.id}`}
          onClick={() => onPeek(row.id)}
          className="font-mono text-label underline decoration-edge underline-offset-3 after:absolute after:inset-0"
        >
          {short(row.id)}
        </button>
      </Td>
      <Td>
        <JobStatusWord status={row.status} />
        {isOverdue && (
          <span className="ml-2 text-label font-semibold text-vermilion">{words.overdueWord}</span>
        )}
      </Td>
      <Td number>
        <Age since={row.created_at} />
      </Td>
      <Td>
        <span className="font-mono text-label">{row.queue}</span>
      </Td>
      <Td>
        <span className="font-mono text-label whitespace-nowrap">{row.provider}</span>
      </Td>
      <Td number className={WIDE}>
        {row.attempt} / {row.max_attempts}
      </Td>
      <Td number>{credits(row.price)}</Td>
      <Td className={WIDE}>
        {row.error && <code className="font-mono text-label text-ink-2">{row.error.code}</code>}
      </Td>
    </tr>
  )
}

/** The end of an id, which tells apart what was made in the same moment. */
export function short(id: string): string {
  const [kind, letters = ''] = id.split('_')
  return `${kind}_…${letters.slice(-6)}`
}
