import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { listLetters } from '../api/calls'
import type { LetterOut } from '../api/types'
import { useSay } from '../say'
import { Button } from '../ui/button'
import { Choice } from '../ui/choice'
import { Loading } from '../ui/loading'
import { Empty, Failure } from '../ui/states'
import { Table, Td, Th } from '../ui/table'
import { Time } from '../ui/time'
import { ConsolePage } from './console-page'
import { grouped } from './letters'
import { usePages } from './pages-of'
import { type Settling, SettleLetters } from './settle-letters'
import { useReadOnly } from './use-house'

/** What gave up, by kind and reason; done once more or ended, one or all of a kind. */
export function DeadLettersPage({ settled }: { settled: boolean }) {
  const say = useSay()
  const words = say.console
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const readOnly = useReadOnly()
  const [settling, setSettling] = useState<Settling>()
  const pages = usePages(['dead-letters', settled], async (cursor, signal) => {
    const query = { settled, limit: 100, ...(cursor && { cursor }) }
    return (await listLetters({ query, signal })).data
  })
  const again = () => void pages.refetch()
  const { rows, error } = pages
  const close = (didSettle: boolean) => {
    setSettling(undefined)
    if (didSettle) void queryClient.invalidateQueries({ queryKey: ['console', 'dead-letters'] })
  }
  return (
    <ConsolePage
      title={words.deadLetters}
      readAt={pages.dataUpdatedAt}
      onRefresh={again}
      isReading={pages.isFetching}
    >
      <p className="mb-4 max-w-measure text-ink-2">{words.lettersHint}</p>
      <Choice
        bare
        label={words.state}
        className="mb-6"
        value={settled ? 'settled' : 'open'}
        onChoose={(state) =>
          void navigate({
            to: '/admin/dead-letters',
            search: state === 'settled' ? { settled: true } : {},
            replace: true,
          })
        }
        options={[
          { value: 'open', label: words.openOnes },
          { value: 'settled', label: words.settledOnes },
        ]}
      />
      {error && <Failure error={error} onRetry={again} />}
      {!error && !rows && <Loading />}
      {rows?.length === 0 && <Empty>{settled ? words.noSettled : words.noLetters}</Empty>}
      {grouped(rows ?? []).map(([name, letters]) => (
        <section key={name} className="mb-8">
          <div className="mb-2 flex flex-wrap items-center justify-between gap-3">
            <h2 className="font-sans text-body font-semibold">
              <code className="font-mono text-label">{letters[0]!.kind}</code> ·{' '}
              {letters[0]!.reason}{' '}
              <span className="font-normal text-ink-3 figures">{letters.length}</span>
            </h2>
            {!settled && letters.length > 1 && (
              <Button blocked={readOnly} onClick={() => setSettling({ letters, how: 'requeue' })}>
                {words.requeueAll(letters.length)}
              </Button>
            )}
          </div>
          <Letters
            caption={`${letters[0]!.kind} ${letters[0]!.reason}`}
            {...{ letters, settled, readOnly }}
            onSettle={setSettling}
          />
        </section>
      ))}
      {pages.hasNextPage && (
        <Button
          className="self-start"
          busy={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
      {settling && <SettleLetters {...settling} onClose={close} />}
    </ConsolePage>
  )
}

interface LettersProps {
  caption: string
  letters: LetterOut[]
  settled: boolean
  readOnly: string | undefined
  onSettle: (settling: Settling) => void
}

function Letters({ caption, letters, settled, readOnly, onSettle }: LettersProps) {
  const words = useSay().console
  return (
    <Table caption={caption}>
      <thead>
        <tr>
          <Th>{words.parked}</Th>
          <Th>{words.job}</Th>
          <Th>{words.queue}</Th>
          <Th number>{words.deliveries}</Th>
          <Th>{settled ? words.settlement : words.facts}</Th>
          {!settled && (
            <Th>
              <span className="sr-only">{words.actions}</span>
            </Th>
          )}
        </tr>
      </thead>
      <tbody>
        {letters.map((letter) => (
          <tr key={letter.id}>
            <Td className="whitespace-nowrap">
              <Time at={letter.parked_at} />
            </Td>
            <Td>
              <code className="font-mono text-label">{letter.subject}</code>
            </Td>
            <Td>
              <code className="font-mono text-label">{letter.lane}</code>
            </Td>
            <Td number>{letter.deliveries}</Td>
            <Td>
              {settled ? (
                <>
                  {letter.settlement}
                  {letter.settled_at && (
                    <span className="text-ink-2">
                      {' '}
                      · <Time at={letter.settled_at} />
                    </span>
                  )}
                </>
              ) : (
                <code className="block max-w-80 truncate font-mono text-label text-ink-2">
                  {factsOf(letter)}
                </code>
              )}
            </Td>
            {!settled && (
              <Td className="text-right whitespace-nowrap">
                <Button
                  look="quiet"
                  className="px-3!"
                  blocked={readOnly}
                  onClick={() => onSettle({ letters: [letter], how: 'requeue' })}
                >
                  {words.requeue}
                  <span className="sr-only"> {letter.subject}</span>
                </Button>
                <Button
                  look="quiet"
                  className="px-3! text-vermilion!"
                  blocked={readOnly}
                  onClick={() => onSettle({ letters: [letter], how: 'discard' })}
                >
                  {words.discard}
                  <span className="sr-only"> {letter.subject}</span>
                </Button>
              </Td>
            )}
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

function factsOf({ facts }: LetterOut): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}
