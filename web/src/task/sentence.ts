/**
 * What a task's page says of it: one sentence for each status in each phase, how long it takes,
 * and what happens to the money.
 *
 * Every figure is the server's: times from the task's own instants, amounts from its cost, which is
 * what the ledger says. A reload changes nothing.
 */

import type { OperationOut, OutputOut, TaskOut } from '../api/types'
import { parse, type Micro } from '../money'
import type { Catalogue } from '../say'
import type { Formats } from '../say/format'
import { hasEnded, piecesOf, presentPhase, tierOf } from './task'

export interface Speech {
  say: Catalogue
  formats: Formats
  now: number
}

/** A range of seconds. */
export interface Span {
  low: number
  high: number
}

export interface Told {
  /** What it is doing, or came to. */
  doing: string
  /** Short facts beside it. */
  facts: string[]
  /** A whole sentence below, where there is something to know or to decide. */
  note: string | undefined
}

/** What is said of a task now. */
export function tell(task: TaskOut, operation: OperationOut | undefined, speech: Speech): Told {
  return {
    doing: doingOf(task, speech.say),
    facts: [...factsOf(task, operation, speech), moneyOf(task, speech)],
    note: noteOf(task, operation, speech),
  }
}

/** The sentence of its status in its phase. */
export function doingOf(task: Pick<TaskOut, 'status' | 'phase'>, say: Catalogue): string {
  const { other, ...known } = say.task.doing[task.status]
  return (known as Record<string, string | undefined>)[task.phase] ?? other
}

/** What became of its money, in a few words. */
export function moneyOf(
  task: Pick<TaskOut, 'status' | 'cost' | 'refunded'>,
  { say, formats }: Omit<Speech, 'now'>,
): string {
  const { money } = say.task
  const charged = parse(task.cost.charged)
  const released = parse(task.cost.released)
  const open = stillHeld(task)
  const refunded = parse(task.refunded ?? '0')
  const said: string[] = []
  if (open > 0n) said.push(money.held(formats.credits(open, { digits: 0 })))
  if (charged > 0n) said.push(money.charged(formats.credits(charged, { digits: 0 })))
  if (charged === 0n && hasEnded(task.status)) said.push(money.nothing)
  if (charged > 0n && released > 0n)
    said.push(money.released(formats.credits(released, { digits: 0 })))
  if (refunded > 0n) said.push(money.refunded(formats.credits(refunded, { digits: 0 })))
  return said.join(', ')
}

/** What is frozen for it still. */
export function stillHeld(task: Pick<TaskOut, 'cost'>): Micro {
  return parse(task.cost.held) - parse(task.cost.charged) - parse(task.cost.released)
}

/** How long a phase of it usually takes. */
export function usualOf(task: TaskOut, operation: OperationOut | undefined): Span | undefined {
  const phase = operation?.phases.find((each) => each.name === presentPhase(task))
  return phase?.takes[tierOf(task)]
}

/** Whether it takes longer than it usually does: by the server's times alone. */
export function isOverdue(
  task: TaskOut,
  operation: OperationOut | undefined,
  now: number,
): boolean {
  const usual = usualOf(task, operation)
  if (task.status !== 'running' || !usual || !task.started_at) return false
  // After a choice the task runs on; when its second phase began is not told, so it is not judged.
  if (operation && presentPhase(task) !== operation.phases[0]?.name) return false
  return now - Date.parse(task.started_at) > Math.max(usual.high * 2, usual.high + 15) * 1000
}

function factsOf(task: TaskOut, operation: OperationOut | undefined, speech: Speech): string[] {
  const { say, formats, now } = speech
  const pieces = piecesOf(task, presentPhase(task))
  const ready = pieces.filter((piece) => piece.status === 'completed').length
  const facts: string[] = []
  if (pieces.length > 1 && task.status !== 'awaiting_selection')
    facts.push(say.task.readyOf(ready, pieces.length))
  if (task.status === 'running' && task.started_at)
    facts.push(say.task.startedAgo(formats.duration((now - Date.parse(task.started_at)) / 1000)))
  const usual = usualOf(task, operation)
  if (task.status === 'running' && usual) facts.push(say.task.usually(rangeOf(usual, speech)))
  if (hasEnded(task.status) && task.finished_at && task.started_at && task.phase !== 'selection') {
    const seconds = (Date.parse(task.finished_at) - Date.parse(task.started_at)) / 1000
    const waited = operation && operation.phases.length > 1
    if (!waited) facts.push(say.task.took(formats.duration(seconds)))
  }
  return facts
}

function noteOf(
  task: TaskOut,
  operation: OperationOut | undefined,
  speech: Speech,
): string | undefined {
  const { say, formats, now } = speech
  const held = formats.credits(stillHeld(task), { digits: 0 })
  if (task.status === 'awaiting_selection')
    return say.task.chooseBy(formats.moment(task.deadline_at))
  if (task.error && hasEnded(task.status))
    return say.task.why(say.task.codes[task.error.code] ?? task.error.message)
  if (hasEnded(task.status)) return undefined
  if (task.outputs.some((piece) => piece.status === 'unknown'))
    return say.task.unknown(held, formats.moment(task.deadline_at))
  if (task.cancel_requested) return say.task.stopping
  if (isOverdue(task, operation, now))
    return say.task.overdue(formats.moment(task.deadline_at), held)
  return undefined
}

/** A range of time in the reader's words: "25–40 s". */
export function rangeOf(span: Span, { say, formats }: Omit<Speech, 'now'>): string {
  const [low, high] = [formats.duration(span.low), formats.duration(span.high)]
  if (low === high) return high
  const [figure, unit] = [/^[\d.,]+/.exec(low)?.[0], low.replace(/^[\d.,]+/, '')]
  return figure !== undefined && high.endsWith(unit)
    ? say.task.range(figure, high)
    : say.task.range(low, high)
}

/** What the caption of a piece says while it is no picture. */
export function captionOf(piece: OutputOut, speech: Omit<Speech, 'now'>): string {
  const { say, formats } = speech
  const doing = say.task.piece[piece.status]
  switch (piece.status) {
    case 'queued':
      return [placeOf(piece, speech) ?? doing, piece.wait && aboutOf(piece.wait, speech)]
        .filter(Boolean)
        .join(' · ')
    case 'running':
      return piece.progress > 0 ? `${formats.percent(piece.progress)} · ${doing}` : doing
    case 'failed':
    case 'expired':
    case 'cancelled': {
      const why = piece.error && (say.task.codes[piece.error.code] ?? piece.error.message)
      const isSaid = piece.status !== 'failed' || !why
      return [isSaid ? doing : why, say.task.notCharged].join(' · ')
    }
    default:
      return doing
  }
}

function placeOf(piece: OutputOut, { say, formats }: Omit<Speech, 'now'>): string | undefined {
  const place = piece.position
  if (place === null || place === undefined) return undefined
  return place <= 20
    ? say.task.inLine(say.task.ordinal(place))
    : say.task.aheadOf(formats.number(place))
}

function aboutOf(span: Span, speech: Omit<Speech, 'now'>): string {
  return speech.say.task.about(rangeOf(span, speech))
}
