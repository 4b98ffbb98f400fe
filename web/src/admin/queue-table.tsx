import type { QueueOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { Empty } from '../ui/states'
import { Table, Td, Th } from '../ui/table'
import { Age } from './age'
import { isFull } from './needs'
import { useReadOnly } from './use-house'

interface Props {
  queues: readonly QueueOut[]
  /** Without the settings' buttons. */
  isPlain?: boolean
  onPause?: (queue: QueueOut) => void
  onEdit?: (queue: QueueOut) => void
}

const WIDE = 'hidden lg:table-cell'
const MIDDLE = 'hidden md:table-cell'

/** Where the jam is: what waits, what runs of what may, since when, how fast. */
export function QueueTable({ queues, isPlain = false, onPause, onEdit }: Props) {
  const say = useSay()
  const words = say.console
  if (queues.length === 0) return <Empty>{words.noQueues}</Empty>
  return (
    <Table caption={words.queues}>
      <thead>
        <tr>
          <Th>{words.queue}</Th>
          <Th number>{words.wait}</Th>
          <Th number>{words.runCap}</Th>
          <Th number className={MIDDLE}>
            {words.oldest}
          </Th>
          <Th number className={MIDDLE}>
            {words.rate}
          </Th>
          <Th number className={WIDE}>
            {words.takes}
          </Th>
          <Th number className={WIDE}>
            {words.drains}
          </Th>
          <Th number className={MIDDLE}>
            {words.held}
          </Th>
          <Th>{words.state}</Th>
          {!isPlain && (
            <Th>
              <span className="sr-only">{words.actions}</span>
            </Th>
          )}
        </tr>
      </thead>
      <tbody>
        {queues.map((queue) => (
          <QueueRow key={queue.name} {...{ queue, isPlain, onPause, onEdit }} />
        ))}
      </tbody>
    </Table>
  )
}

function QueueRow({
  queue,
  isPlain,
  onPause,
  onEdit,
}: Omit<Props, 'queues'> & { queue: QueueOut }) {
  const say = useSay()
  const { number, credits, duration } = useFormats()
  const readOnly = useReadOnly()
  const span = (of: QueueOut['takes']) =>
    of
      ? of.low === of.high
        ? duration(of.low)
        : `${duration(of.low)} – ${duration(of.high)}`
      : '—'
  return (
    <tr>
      <Td>
        <span className="font-mono text-label">{queue.name}</span>
      </Td>
      <Td number>{number(queue.waiting)}</Td>
      <Td number>
        {number(queue.at_provider)} / {number(queue.max_concurrency)}
      </Td>
      <Td number className={MIDDLE}>
        {queue.oldest_at ? <Age since={queue.oldest_at} /> : '—'}
      </Td>
      <Td number className={MIDDLE}>
        {number(queue.ended_per_minute)}
      </Td>
      <Td number className={WIDE}>
        {span(queue.takes)}
      </Td>
      <Td number className={WIDE}>
        {span(queue.drains_in)}
      </Td>
      <Td number className={MIDDLE}>
        {credits(queue.frozen)}
      </Td>
      <Td>
        <QueueState queue={queue} />
      </Td>
      {!isPlain && (
        <Td className="text-right whitespace-nowrap">
          <Button
            look="quiet"
            className="px-2! md:px-3!"
            blocked={readOnly}
            onClick={() => onPause?.(queue)}
          >
            {queue.active ? say.console.pause : say.console.resume}
            <span className="sr-only"> {queue.name}</span>
          </Button>
          <Button
            look="quiet"
            className="px-2! md:px-3!"
            blocked={readOnly}
            onClick={() => onEdit?.(queue)}
          >
            {say.console.edit}
            <span className="sr-only"> {queue.name}</span>
          </Button>
        </Td>
      )}
    </tr>
  )
}

function QueueState({ queue }: { queue: QueueOut }) {
  const words = useSay().console
  const [shape, colour, word] = !queue.active
    ? ['○', 'text-ochre', words.paused]
    : isFull(queue) && queue.waiting > 0
      ? ['▲', 'text-ochre', words.saturated]
      : ['●', 'text-verdigris', words.running]
  return (
    <span className={`inline-flex gap-1.5 text-label font-semibold whitespace-nowrap ${colour}`}>
      <span aria-hidden>{shape}</span>
      {word}
    </span>
  )
}
