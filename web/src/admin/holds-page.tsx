import { listAllHolds } from '../api/calls'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { Loading } from '../ui/loading'
import { Empty, Failure } from '../ui/states'
import { Table, Td, Th } from '../ui/table'
import { Age } from './age'
import { ConsolePage } from './console-page'
import { Id } from './job-peek'
import { usePages } from './pages-of'

/** Whose money is frozen, and since when. There is nothing to press: a task settles its holds. */
export function HoldsPage() {
  const words = useSay().console
  const { credits } = useFormats()
  const pages = usePages(['holds'], async (cursor, signal) => {
    const query = { limit: 50, ...(cursor && { cursor }) }
    return (await listAllHolds({ query, signal })).data
  })
  const again = () => void pages.refetch()
  const { rows, error } = pages
  return (
    <ConsolePage
      title={words.holds}
      readAt={pages.dataUpdatedAt}
      onRefresh={again}
      isReading={pages.isFetching}
    >
      <p className="mb-4 max-w-measure text-ink-2">{words.holdsHint}</p>
      {error && <Failure error={error} onRetry={again} />}
      {!error && !rows && <Loading />}
      {rows?.length === 0 && <Empty>{words.noHolds}</Empty>}
      {rows && rows.length > 0 && (
        <Table caption={words.holds}>
          <thead>
            <tr>
              <Th>{words.task}</Th>
              <Th>{words.phase}</Th>
              <Th number>{words.age}</Th>
              <Th number>{words.amount}</Th>
              <Th>{words.spender}</Th>
            </tr>
          </thead>
          <tbody>
            {rows.map((hold) => (
              <tr key={hold.id}>
                <Td>
                  <Id text={hold.task_id} />
                </Td>
                <Td>{hold.phase}</Td>
                <Td number>
                  <Age since={hold.created_at} />
                </Td>
                <Td number>{credits(hold.amount)}</Td>
                <Td>{hold.spender_id ? <Id text={hold.spender_id} /> : '—'}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {pages.hasNextPage && (
        <Button
          className="mt-4 self-start"
          busy={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
    </ConsolePage>
  )
}
