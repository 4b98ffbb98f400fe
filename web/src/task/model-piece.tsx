import type { OutputOut, TaskOut } from '../api/types'
import { useSay } from '../say'
import { ModelView } from '../viewer/model-view'
import { useFreshLinks } from './media'
import { Slot } from './slot'
import { nameOf } from './task'

/** A 3D model: its poster, and in the same box the model itself when asked for. */
export function ModelPiece({ task, piece }: { task: TaskOut; piece: OutputOut }) {
  const say = useSay()
  const refresh = useFreshLinks(task.id)
  return (
    <div className="max-w-[min(44rem,max(22rem,calc((100dvh-21rem)*4/3)))]">
      <Slot task={task} piece={piece}>
        {piece.url && (
          <ModelView
            source={piece.url}
            poster={piece.thumbnail_url ?? undefined}
            alt={say.task.altModel(nameOf(task).slice(0, 120))}
            triangles={piece.triangles ?? undefined}
            watertight={piece.watertight ?? undefined}
            bounds={piece.bounds ?? undefined}
            onBroken={refresh}
          />
        )}
      </Slot>
    </div>
  )
}
