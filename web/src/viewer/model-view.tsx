import { Rotate3d } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { canShow3D } from './webgl'

/** 290 kB: fetched when somebody is about to ask for it. */
const fetchStage = () => import('./stage')
const Stage = lazy(() => fetchStage().then(({ Stage: component }) => ({ default: component })))

export interface ModelViewProps {
  source: string
  poster: string | undefined
  alt: string
  triangles: number | undefined
  watertight: boolean | undefined
  /** Its size along x, y and z. */
  bounds: number[] | undefined
  /** The poster did not come. */
  onBroken: () => void
}

/** A model's poster, and in the same box the model itself once it is asked for. */
export function ModelView(props: ModelViewProps) {
  const say = useSay()
  const [state, setState] = useState<'poster' | 'live' | 'lost'>(() =>
    canShow3D() ? 'poster' : 'lost',
  )
  const { source, poster, alt, onBroken } = props
  return (
    <div className="absolute inset-0 flex flex-col border border-line bg-sunk">
      <div className="relative min-h-0 grow">
        {poster && state !== 'live' && (
          <img
            src={poster}
            alt={alt}
            onError={onBroken}
            className="absolute inset-0 size-full object-contain"
          />
        )}
        {state === 'live' && (
          <Suspense fallback={<Coming poster={poster} />}>
            <Stage source={source} poster={poster} alt={alt} onLost={() => setState('lost')} />
          </Suspense>
        )}
      </div>
      <div className="flex min-h-12 flex-wrap items-center justify-between gap-x-4 border-t border-line bg-panel px-3 py-1 text-label text-ink-2 figures">
        <Facts {...props} />
        {state === 'poster' && (
          <Button
            look="quiet"
            className="min-h-9! px-2! py-1! text-label!"
            onPointerEnter={() => void fetchStage()}
            onFocus={() => void fetchStage()}
            onClick={() => setState('live')}
          >
            <Rotate3d size={18} strokeWidth={1.5} aria-hidden />
            {say.task.viewer.show}
          </Button>
        )}
        {state === 'lost' && <span role="status">{say.task.viewer.cannot}</span>}
      </div>
    </div>
  )
}

function Coming({ poster }: { poster: string | undefined }) {
  const say = useSay()
  return (
    <div className="absolute inset-0" aria-busy="true">
      {poster && <img src={poster} alt="" className="size-full object-contain opacity-55" />}
      <span className="absolute bottom-2 left-2 bg-panel px-2 py-1 text-label">
        {say.task.viewer.loading}
      </span>
    </div>
  )
}

/** How many triangles, how large, and whether it is closed: what one needs to print it. */
function Facts({ triangles, watertight, bounds }: ModelViewProps) {
  const say = useSay()
  const { number } = useFormats()
  const [x, y, z] = bounds ?? []
  const short = (value: number) => number(Number(value.toPrecision(3)))
  const facts = [
    triangles !== undefined && say.task.viewer.triangles(number(triangles)),
    x !== undefined &&
      y !== undefined &&
      z !== undefined &&
      say.task.viewer.size(short(x), short(y), short(z)),
    watertight !== undefined && (watertight ? say.task.viewer.watertight : say.task.viewer.open),
  ].filter((each) => typeof each === 'string')
  return <span>{facts.join(' · ')}</span>
}
