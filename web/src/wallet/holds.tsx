import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { listHolds } from '../api/calls'
import { useSay } from '../say'
import { Button } from '../ui/button'
import { Credits } from '../ui/credits'
import { Link } from '../ui/link'
import { Failure, Lines, Loading } from '../ui/states'
import { Table, Td, Th } from '../ui/table'
import { Time } from '../ui/time'

/** What is held just now, and for which tasks. */
export function Holds({ rev }: { rev: number }) {
  const say = useSay()
  const holds = useInfiniteQuery({
    queryKey: ['wallet', 'holds', rev],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      (await listHolds({ query: { limit: 20, ...(pageParam && { cursor: pageParam }) }, signal }))
        .data,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
  const rows = holds.data?.pages.flatMap((page) => page.items) ?? []
  if (holds.isSuccess && rows.length === 0) return null
  return (
    <section aria-labelledby="holds" id="holds-now">
      <h2 id="holds">{say.wallet.holds}</h2>
      <p className="mt-1 mb-3 max-w-measure text-label text-ink-3">{say.wallet.holdsHint}</p>
      {holds.isPending && (
        <Loading>
          <Lines count={2} />
        </Loading>
      )}
      {holds.isError && rows.length === 0 && (
        <Failure
          title={say.errors.couldNotLoad}
          error={holds.error}
          onRetry={() => void holds.refetch()}
        />
      )}
      {rows.length > 0 && (
        <Table caption={say.wallet.heldIn(rows.length)}>
          <thead>
            <tr>
              <Th>{say.wallet.holdSince}</Th>
              <Th>{say.wallet.holdFor}</Th>
              <Th number>{say.wallet.holdAmount}</Th>
            </tr>
          </thead>
          <tbody>
            {rows.map((hold) => (
              <tr key={hold.id}>
                <Td className="text-ink-2">
                  <Time at={hold.created_at} />
                </Td>
                <Td>
                  <Link to="/tasks/$id" params={{ id: hold.task_id }}>
                    {say.wallet.taskOf(hold.task_id.slice(-5))}
                  </Link>{' '}
                  <span className="text-ink-2">· {say.wallet.phase(hold.phase)}</span>
                </Td>
                <Td number>
                  <Credits amount={hold.amount} />
                </Td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {holds.hasNextPage && (
        <Button
          look="quiet"
          busy={holds.isFetchingNextPage}
          onClick={() => void holds.fetchNextPage()}
          className="mt-2"
        >
          {say.shell.more}
        </Button>
      )}
    </section>
  )
}
