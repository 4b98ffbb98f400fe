import type { ProviderOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { Loading } from '../ui/loading'
import { Empty, Failure } from '../ui/states'
import { Table, Td, Th } from '../ui/table'
import { Time } from '../ui/time'
import { ConsolePage } from './console-page'
import { useProviders } from './use-house'

const MIDDLE = 'hidden md:table-cell'

/** Who is ill: each provider's breaker, its luck of late, and how fast it answers. */
export function ProvidersPage() {
  const say = useSay()
  const words = say.console
  const { data, error, refetch, dataUpdatedAt, isFetching } = useProviders()
  const again = () => void refetch()
  const order = { open: 0, half_open: 1, closed: 2 }
  const rows = [...(data?.items ?? [])].sort(
    (one, other) =>
      order[one.circuit] - order[other.circuit] ||
      other.at_provider - one.at_provider ||
      one.name.localeCompare(other.name),
  )
  return (
    <ConsolePage
      title={words.providers}
      readAt={dataUpdatedAt}
      onRefresh={again}
      isReading={isFetching}
    >
      {error && <Failure error={error} onRetry={again} />}
      {!error && !data && <Loading />}
      {data && rows.length === 0 && <Empty>{words.noProviders}</Empty>}
      {rows.length > 0 && (
        <>
          <p className="mb-2 text-label text-ink-3">{words.window}</p>
          <Table caption={words.providers}>
            <thead>
              <tr>
                <Th>{words.provider}</Th>
                <Th>{words.breaker}</Th>
                <Th number>{words.success}</Th>
                <Th number className={MIDDLE}>
                  {words.outcomes}
                </Th>
                <Th number>{words.duration}</Th>
                <Th number>{words.latency}</Th>
                <Th number>{words.atProvider}</Th>
                <Th number>{words.answered}</Th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.name} row={row} />
              ))}
            </tbody>
          </Table>
        </>
      )}
    </ConsolePage>
  )
}

function Row({ row }: { row: ProviderOut }) {
  const say = useSay()
  const { number, percent, duration } = useFormats()
  const tried = row.delivered + row.failed
  return (
    <tr>
      <Td>
        <span className="font-mono text-label">{row.name}</span>
      </Td>
      <Td>
        <Breaker row={row} />
      </Td>
      <Td number>{tried === 0 ? '—' : percent(row.delivered / tried)}</Td>
      <Td number className={MIDDLE}>
        {number(row.delivered)} / {number(row.failed)} / {number(row.refused)}
      </Td>
      <Td number>{row.seconds === null ? '—' : duration(row.seconds)}</Td>
      <Td number>{row.latency === null ? '—' : milliseconds(row.latency, number)}</Td>
      <Td number>{number(row.at_provider)}</Td>
      <Td number>
        {row.answered_at ? <Time at={row.answered_at} as="relative" /> : say.console.never}
      </Td>
    </tr>
  )
}

function Breaker({ row: { circuit, rest_seconds } }: { row: ProviderOut }) {
  const words = useSay().console
  const { duration } = useFormats()
  const [shape, colour, word] =
    circuit === 'open'
      ? ['✕', 'text-vermilion', words.open]
      : circuit === 'half_open'
        ? ['▲', 'text-ochre', words.halfOpen]
        : ['●', 'text-verdigris', words.closed]
  return (
    <span className="whitespace-nowrap">
      <span className={`inline-flex gap-1.5 text-label font-semibold ${colour}`}>
        <span aria-hidden>{shape}</span>
        {word}
      </span>
      {rest_seconds > 0 && (
        <span className="text-label text-ink-2"> · {words.leftAlone(duration(rest_seconds))}</span>
      )}
    </span>
  )
}

function milliseconds(seconds: number, number: (value: number) => string): string {
  return seconds < 1
    ? `${number(Math.round(seconds * 1000))} ms`
    : `${number(Math.round(seconds * 10) / 10)} s`
}
