import type { CSSProperties, ReactNode } from 'react'
import type { EntryOut } from '../api/types'
import { useSay } from '../say'
import { Credits } from '../ui/credits'
import { BareLink } from '../ui/link'
import { Time } from '../ui/time'

interface Props {
  entry: EntryOut
  /** Its row in the whole table, the heading being the first. */
  place: number
  style: CSSProperties
}

/** One movement: when, what, what it did, what was left. */
export function EntryRow({ entry, place, style }: Props) {
  const say = useSay()
  return (
    <div
      role="row"
      aria-rowindex={place}
      style={style}
      className="statement-row absolute inset-x-0 top-0 border-b border-line"
    >
      <span role="cell" className="statement-date text-label text-ink-2 figures">
        <Time at={entry.at} as="dateTime" />
      </span>
      <span role="cell" className="statement-what flex min-w-0 items-baseline gap-1.5">
        <span className="shrink-0">{say.wallet.kinds[entry.kind]}</span>
        <What entry={entry} />
      </span>
      <Amount amount={entry.frozen} className="statement-held" />
      <Amount amount={entry.available} className="statement-change">
        <HeldInstead entry={entry} />
      </Amount>
      <span role="cell" className="statement-after text-right text-ink-2">
        <Credits amount={entry.available_after} />
      </span>
    </div>
  )
}

function What({ entry }: { entry: EntryOut }) {
  const say = useSay()
  const memo = entry.memo && (
    <span className="truncate text-ink-2" dir="auto" title={entry.memo}>
      {entry.memo}
    </span>
  )
  if (!entry.task_id) return memo && <span className="min-w-0 truncate">· {memo}</span>
  return (
    <BareLink
      to="/tasks/$id"
      params={{ id: entry.task_id }}
      title={say.wallet.openTask}
      className="min-w-0 truncate text-ink-2 underline decoration-edge underline-offset-3 hover:text-ink"
    >
      {memo ?? say.wallet.taskOf(entry.task_id.slice(-5))}
    </BareLink>
  )
}

/** What a movement did to one side; nothing stands where it did nothing. */
function Amount({
  amount,
  className,
  children,
}: {
  amount: string
  className: string
  children?: ReactNode
}) {
  return (
    <span role="cell" className={`text-right ${className}`}>
      {isSome(amount) ? <Credits amount={amount} signed /> : children}
    </span>
  )
}

/** Where there is no column for what is held: a charge moves nothing else. */
function HeldInstead({ entry }: { entry: EntryOut }) {
  const say = useSay()
  if (!isSome(entry.frozen)) return null
  return (
    <span className="text-ink-2 md:hidden">
      {say.wallet.heldWord} <Credits amount={entry.frozen} signed />
    </span>
  )
}

function isSome(amount: string): boolean {
  return /[1-9]/.test(amount)
}
