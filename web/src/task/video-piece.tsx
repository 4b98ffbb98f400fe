import type { OutputOut, TaskOut } from '../api/types'
import { useFreshLinks } from './media'
import { Slot } from './slot'
import { aspectOf, nameOf } from './task'

/** A film with the browser's own controls; its first picture stands until it is played. */
export function VideoPiece({ task, piece }: { task: TaskOut; piece: OutputOut }) {
  const refresh = useFreshLinks(task.id)
  const isTall = aspectOf(task, piece) < 1
  return (
    <div className={isTall ? 'max-w-[22rem]' : 'max-w-[44rem]'}>
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
