import { Check, Maximize2 } from 'lucide-react'
import { type KeyboardEvent, useRef } from 'react'
import type { OutputOut, TaskOut } from '../api/types'
import { useSay } from '../say'
import { join } from '../ui/join'
import { ModelPiece } from './model-piece'
import { Picture } from './picture'
import { ResultValue } from './result-value'
import { Slot } from './slot'
import { aspectOf, piecesOf } from './task'
import { VideoPiece } from './video-piece'

interface Props {
  task: TaskOut
  /** The index of the picture that is chosen on this page. */
  chosen: number | undefined
  /** Given where one of the pictures is to be chosen. */
  onChoose: ((index: number) => void) | undefined
  onEnlarge: (index: number) => void
}

/** Everything that a task makes, the latest phase first. */
export function Pieces(props: Props) {
  const { task } = props
  const phases = [...new Set(task.outputs.map((piece) => piece.phase))].reverse()
  return (
    <>
      {phases.map((phase, place) => (
        <Phase key={phase} {...props} pieces={piecesOf(task, phase)} isPast={place > 0} />
      ))}
    </>
  )
}

function Phase({ pieces, isPast, ...props }: Props & { pieces: OutputOut[]; isPast: boolean }) {
  const { task } = props
  const first = pieces[0]!
  if (first.phase === 'model' || first.kind === 'model')
    return <ModelPiece task={task} piece={first} />
  if (first.phase === 'video' || first.kind === 'video')
    return <VideoPiece task={task} piece={first} />
  const values = pieces.filter((piece) => piece.value)
  if (values.length > 0)
    return values.map((piece) => <ResultValue key={piece.job_id} value={piece.value!} />)
  return <Pictures {...props} pieces={pieces} isPast={isPast} />
}

/** Pictures side by side; one tab stop, with arrows through it. */
function Pictures({
  task,
  pieces,
  isPast,
  chosen,
  onChoose,
  onEnlarge,
}: Props & { pieces: OutputOut[]; isPast: boolean }) {
  const say = useSay()
  const group = useRef<HTMLDivElement>(null)
  const picked = isPast ? (task.selected_image_index ?? undefined) : chosen
  const ready = pieces.filter((piece) => piece.status === 'completed')
  const stop = picked ?? ready[0]?.index
  const walk = (event: KeyboardEvent) => {
    const step = STEPS[event.key]
    if (step === undefined) return
    const buttons = [...(group.current?.querySelectorAll<HTMLElement>('[data-piece]') ?? [])]
    const at = buttons.indexOf(document.activeElement as HTMLElement)
    const next = buttons[(at + step + buttons.length) % buttons.length]
    if (at < 0 || !next) return
    event.preventDefault()
    next.focus()
    if (onChoose) onChoose(Number(next.dataset.piece))
  }
  return (
    // Its buttons are the stops; the group only hears the arrows.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={group}
      {...(onChoose && { role: 'radiogroup', 'aria-label': say.task.pick })}
      onKeyDown={walk}
      className={join('grid gap-3.5', isPast ? 'max-w-[20rem] grid-cols-4' : columns(task, pieces))}
    >
      {pieces.map((piece) => {
        const isChosen = piece.index === picked
        return (
          <div
            key={piece.job_id}
            className={join(
              'relative rounded-picture',
              isChosen && 'outline-3 outline-offset-3 outline-bole',
            )}
          >
            <Slot task={task} piece={piece}>
              <button
                type="button"
                data-piece={piece.index}
                tabIndex={piece.index === stop ? 0 : -1}
                {...(onChoose && { role: 'radio', 'aria-checked': isChosen })}
                {...(!onChoose && { 'aria-label': say.task.enlarge(piece.index + 1) })}
                onClick={() => (onChoose ? onChoose(piece.index) : onEnlarge(piece.index))}
                onDoubleClick={() => onEnlarge(piece.index)}
                className="block size-full cursor-pointer focus-visible:outline-offset-[-2px]"
              >
                <Picture task={task} piece={piece} all={pieces.length} />
              </button>
              {!isPast && onChoose && (
                <button
                  type="button"
                  aria-label={say.task.enlarge(piece.index + 1)}
                  title={say.task.enlarge(piece.index + 1)}
                  onClick={() => onEnlarge(piece.index)}
                  className="absolute top-2 right-2 inline-flex size-8 items-center justify-center rounded-control bg-panel text-ink hover:bg-sunk"
                >
                  <Maximize2 size={16} strokeWidth={1.5} aria-hidden />
                </button>
              )}
            </Slot>
            {pieces.length > 1 && !isPast && <Number_ index={piece.index} isChosen={isChosen} />}
          </div>
        )
      })}
    </div>
  )
}

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

/** The number under which a key chooses it. */
function Number_({ index, isChosen }: { index: number; isChosen: boolean }) {
  return (
    <span
      aria-hidden
      className="pointer-events-none absolute top-2 left-2 inline-flex h-5.5 min-w-5.5 items-center justify-center gap-1 rounded-picture bg-panel px-1.5 text-label font-semibold"
    >
      {isChosen && <Check size={14} className="text-bole" />}
      {index + 1}
    </span>
  )
}

/** One alone is large, but not larger than the window; more stand in rows of four. */
function columns(task: TaskOut, pieces: readonly OutputOut[]): string {
  if (pieces.length > 1) return 'max-w-[64rem] grid-cols-2 md:grid-cols-4'
  return aspectOf(task, pieces[0]!) >= 1 ? 'max-w-[36rem]' : 'max-w-[24rem]'
}
