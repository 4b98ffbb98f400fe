import { Pause, Play } from 'lucide-react'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useNavigate } from '@tanstack/react-router'
import { useVisible } from '../grid/visible'
import { useShortcut } from '../keys'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { control } from '../ui/field'
import { Empty } from '../ui/states'
import { ConsolePage } from './console-page'
import { filterOf, type TailEvent } from './tail-filter'
import { useTailLog } from './tail-log'

/** Pixels of a line. */
const LINE = 28

/** What happens now, to everybody: lines as they come, those that a filter lets through. */
export function TailPage({ filter }: { filter: string }) {
  const words = useSay().console
  const { number } = useFormats()
  const navigate = useNavigate()
  const log = useTailLog()
  const field = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState(filter)
  const shown = useMemo(() => log.events.filter(filterOf(typed)), [log.events, typed])

  useEffect(() => {
    if (typed === filter) return
    const timer = setTimeout(() => {
      const search = typed.trim() ? { filter: typed } : {}
      void navigate({ to: '/admin/tail', search, replace: true, resetScroll: false })
    }, 400)
    return () => clearTimeout(timer)
  }, [typed, filter, navigate])

  const group = words.title
  useShortcut({ id: 'tail.filter', keys: '/', label: words.keyFilter, group }, () =>
    field.current?.focus(),
  )
  useShortcut(
    { id: 'tail.pause', keys: 'p', label: words.keyPause, group },
    log.isPaused ? log.goOn : log.pause,
  )

  return (
    <ConsolePage title={words.tail}>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <input
          ref={field}
          type="search"
          value={typed}
          aria-label={words.filter}
          placeholder={words.filterHint}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
          className={`${control} min-w-48 grow basis-80 font-mono text-label!`}
        />
        <Button onClick={log.isPaused ? log.goOn : log.pause} aria-pressed={log.isPaused}>
          {log.isPaused ? (
            <Play size={16} strokeWidth={1.5} aria-hidden />
          ) : (
            <Pause size={16} strokeWidth={1.5} aria-hidden />
          )}
          {log.isPaused ? words.goOn : words.pauseTail}
          {log.waiting > 0 && <span className="figures">· {number(log.waiting)}</span>}
        </Button>
        <Button look="quiet" onClick={log.clear}>
          {words.clearTail}
        </Button>
      </div>
      <p className="mb-2 flex flex-wrap gap-x-4 text-label text-ink-3 figures">
        <span>{words.shownOf(number(shown.length), number(log.events.length))}</span>
        {log.leftOut > 0 && <span>{words.leftOut(log.leftOut)}</span>}
        <span>{words.held5000}</span>
      </p>
      {log.events.length === 0 ? (
        <Empty>{words.tailEmpty}</Empty>
      ) : shown.length === 0 ? (
        <Empty>{words.tailNothing}</Empty>
      ) : (
        <Lines events={shown} />
      )}
    </ConsolePage>
  )
}

/** Lines in a box of their own, of which those that are seen are there. At its end it follows. */
function Lines({ events }: { events: readonly TailEvent[] }) {
  const words = useSay().console
  const box = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLOListElement>(null)
  const span = useVisible(list, box)
  const follows = useRef(true)
  const [seen, setSeen] = useState(events.length)
  const [isAway, setAway] = useState(false)

  const toNow = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }
  useLayoutEffect(() => {
    if (follows.current) toNow()
  }, [events])

  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!
    follows.current = scrollTop + clientHeight > scrollHeight - LINE
    setAway(!follows.current)
    if (follows.current) setSeen(events.length)
  }
  const from = Math.max(0, Math.floor(span.top / LINE))
  const to = Math.min(events.length, Math.ceil(span.bottom / LINE))
  const missed = isAway ? Math.max(0, events.length - seen) : 0
  return (
    <div className="relative">
      <div
        ref={box}
        role="log"
        aria-live="off"
        aria-label={words.tail}
        // What scrolls must be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onScroll={onScroll}
        className="h-[calc(100dvh-19rem)] min-h-64 overflow-auto border-y border-line bg-sunk"
      >
        <ol ref={list} className="relative" style={{ height: events.length * LINE }}>
          {events.slice(from, to).map((event, place) => (
            <Line
              key={`${event.owner_id} ${event.seq}`}
              event={event}
              top={(from + place) * LINE}
            />
          ))}
        </ol>
      </div>
      {missed > 0 && (
        <Button onClick={toNow} className="absolute right-4 bottom-3 shadow-layer">
          {words.toNow(missed)}
        </Button>
      )}
    </div>
  )
}

const COLOURS: [RegExp, string][] = [
  [/\.(completed|ready)$/, 'text-verdigris'],
  [/\.(failed)$/, 'text-vermilion'],
  [/\.(retrying|awaiting_selection|refunded)$/, 'text-ochre'],
  [/\.unknown$/, 'text-violet'],
  [/\.(cancelled|expired)$/, 'text-bone'],
]

function Line({ event, top }: { event: TailEvent; top: number }) {
  const at = new Date(event.at)
  const colour = COLOURS.find(([ends]) => ends.test(event.type))?.[1] ?? 'text-ultramarine'
  const clock = at.toLocaleTimeString('en-GB', { hour12: false })
  return (
    <li
      className="absolute inset-x-0 flex h-7 items-center gap-3 px-3 font-mono text-label whitespace-nowrap"
      style={{ top }}
    >
      <time dateTime={event.at} className="text-ink-3">
        {clock}
      </time>
      <span className={`w-44 shrink-0 truncate font-semibold ${colour}`}>{event.type}</span>
      <span className="hidden w-32 shrink-0 truncate text-ink-2 md:inline" title={event.owner_id}>
        …{event.owner_id.slice(-8)}
      </span>
      <span className="min-w-0 truncate text-ink-2">{detailsOf(event)}</span>
    </li>
  )
}

/** What an event carries, in a line. */
function detailsOf({ task_id, job_id, data }: TailEvent): string {
  const ids = [job_id ?? task_id].filter((each) => each !== null)
  const said = Object.entries(data)
    .filter(([name, value]) => value !== null && name !== 'rev')
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return [...ids, ...said].join(' ')
}
