import { type ReactNode } from 'react'
import type { OutputOut, TaskOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { join } from '../ui/join'
import { captionOf } from './sentence'
import { aspectOf, hasEnded } from './task'

interface Props {
  task: TaskOut
  piece: OutputOut
  /** What is shown once it is there; in a box of the final size. */
  children?: ReactNode
  className?: string
}

/** The place of one piece: in its final size from the first moment, unpainted until it is there. */
export function Slot({ task, piece, children, className }: Props) {
  const isThere = piece.status === 'completed'
  return (
    <div
      data-slot={piece.status}
      style={{ aspectRatio: aspectOf(task, piece) }}
      className={join('relative w-full overflow-hidden rounded-picture', className)}
    >
      {isThere ? children : <Unpainted piece={piece} />}
    </div>
  )
}

function Unpainted({ piece }: { piece: OutputOut }) {
  const say = useSay()
  const formats = useFormats()
  const name = (say.task.pieceName[piece.phase] ?? say.task.piece_)(piece.index + 1)
  const caption = captionOf(piece, { say, formats })
  const isAtWork = piece.status === 'running' || piece.status === 'submitting'
  const percent = Math.round(piece.progress * 100)
  return (
    <div className="absolute inset-0 flex flex-col border border-line">
      <div className={join('relative grow tooth', isAtWork && percent === 0 && 'breathe')}>
        {isAtWork && percent > 0 && (
          // The wash comes down as far as the piece has come.
          <div
            style={{ clipPath: `inset(0 0 ${100 - percent}% 0)` }}
            className="absolute inset-0 bg-wash transition-[clip-path] duration-320 ease-brush"
          />
        )}
        {!hasEnded(piece.status) && !isAtWork && <CropMarks />}
      </div>
      {isAtWork && (
        <progress
          aria-label={name}
          aria-valuetext={say.task.percentTold(percent, say.task.piece[piece.status])}
          max={1}
          {...(percent > 0 && { value: piece.progress })}
          className="sr-only"
        />
      )}
      <p className="border-t border-line bg-panel px-2.5 py-1.5 text-label text-ink-2 figures">
        <span className="sr-only">{name}: </span>
        <span className={piece.status === 'failed' ? 'text-vermilion' : undefined}>{caption}</span>
      </p>
    </div>
  )
}

/** Corners of a sheet that waits for its picture. */
function CropMarks() {
  return (
    <>
      <span className="absolute top-3 left-3 size-3.5 border-t border-l border-ink-3" />
      <span className="absolute right-3 bottom-3 size-3.5 border-r border-b border-ink-3" />
    </>
  )
}
