import type { OutputOut, TaskOut } from '../api/types'
import { useSay } from '../say'
import { useFreshLinks } from './media'
import { nameOf } from './task'

interface Props {
  task: TaskOut
  piece: OutputOut
  /** How many there are of them. */
  all: number
  /** The whole file, not its thumbnail. */
  whole?: boolean
  className?: string
}

/** A picture of a task on the ground of its own mean colour. */
export function Picture({ task, piece, all, whole = false, className }: Props) {
  const say = useSay()
  const refresh = useFreshLinks(task.id)
  const source = whole ? piece.url : (piece.thumbnail_url ?? piece.url)
  if (!source) return null
  return (
    <img
      src={source}
      alt={say.task.alt(piece.index + 1, all, nameOf(task).slice(0, 120))}
      width={piece.width ?? undefined}
      height={piece.height ?? undefined}
      onError={refresh}
      decoding="async"
      draggable={false}
      {...(piece.mean_color && { style: { backgroundColor: piece.mean_color } })}
      className={className ?? 'block size-full object-cover'}
    />
  )
}
