import type { OutputOut, TaskOut } from '../api/types'
import { useFreshLinks } from './media'
import { Slot } from './slot'
import { aspectOf, nameOf } from './task'

/** A film with the browser's own controls; its first picture stands until it is played. */
export function VideoPiece({ task, piece }: { task: TaskOut; piece: OutputOut }) {
  const refresh = useFreshLinks(task.id)
  // As large as fits into the window, head and buttons included.
  const most = `max(16rem, calc((100dvh - 20rem) * ${aspectOf(task, piece)}))`
  return (
    <div style={{ maxWidth: `min(44rem, ${most})` }}>
      <Slot task={task} piece={piece}>
        <video
          src={piece.url ?? undefined}
          poster={piece.thumbnail_url ?? undefined}
          controls
          loop
          muted
          playsInline
          preload="metadata"
          aria-label={nameOf(task).slice(0, 120)}
          onError={refresh}
          className="block size-full bg-sunk object-contain"
        />
      </Slot>
    </div>
  )
}
