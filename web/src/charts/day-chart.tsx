import { type KeyboardEvent, type PointerEvent, useState } from 'react'
import { scale, ticks } from './scale'

export interface DayPoint {
  day: string
  /** The line. */
  value: number
  /** The thinner line over it: both together. */
  total: number
}

interface Props {
  label: string
  points: readonly DayPoint[]
  /** What is said and shown of a point. */
  told: (point: DayPoint) => string
  /** What stands at the axes. */
  dayName: (day: string) => string
  number: (value: number) => string
}

const [WIDTH, HEIGHT] = [720, 200]
const [TOP, BOTTOM] = [12, HEIGHT - 8]

/** Values by day, as steps. Pointer or arrow keys go from day to day; each is told in words. */
export function DayChart({ label, points, told, dayName, number }: Props) {
  const [chosen, setChosen] = useState<number>()
  const last = points.length - 1
  const at = Math.min(chosen ?? last, last)
  const point = points[at]
  if (!point) return null

  const marks = ticks(
    Math.min(...points.map((each) => each.value)),
    Math.max(...points.map((each) => each.total)),
  )
  const x = scale([0, points.length], [0, WIDTH])
  const y = scale([marks[0]!, marks.at(-1)!], [BOTTOM, TOP])
  const line = stepsOf(points, x, (each) => y(each.value))
  const total = stepsOf(points, x, (each) => y(each.total))
  const centre = (x(at) + x(at + 1)) / 2

  const onKeyDown = (event: KeyboardEvent) => {
    const next = placeAfter(event.key, at, last)
    if (next === undefined) return
    event.preventDefault()
    setChosen(next)
  }
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const share = (event.clientX - box.left) / box.width
    setChosen(Math.max(0, Math.min(last, Math.floor(share * points.length))))
  }

  return (
    <div>
      <p aria-hidden className="mb-2 min-h-5 text-label text-ink-2 figures">
        {told(point)}
      </p>
      <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2">
        <div aria-hidden className="relative min-w-8 text-right text-label text-ink-3 figures">
          <span className="invisible">{number(marks.at(-1)!)}</span>
          {marks.map((mark) => (
            <span
              key={mark}
              className="absolute right-0 -translate-y-1/2"
              style={{ top: `${(y(mark) / HEIGHT) * 100}%` }}
            >
              {number(mark)}
            </span>
          ))}
        </div>
        <div
          role="slider"
          tabIndex={0}
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={last}
          aria-valuenow={at}
          aria-valuetext={told(point)}
          onKeyDown={onKeyDown}
          onPointerMove={onPointerMove}
          onPointerLeave={() => setChosen(undefined)}
          className="h-50 touch-pan-y"
        >
          <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            aria-hidden
            className="block h-full w-full overflow-visible"
          >
            {marks.map((mark) => (
              <line
                key={mark}
                x1={0}
                x2={WIDTH}
                y1={y(mark)}
                y2={y(mark)}
                className="stroke-line"
                vectorEffect="non-scaling-stroke"
              />
            ))}
            <path d={`${line}V${y(0)}H0Z`} className="fill-sunk" />
            <path
              d={total}
              fill="none"
              strokeDasharray="2 3"
              className="stroke-ochre"
              vectorEffect="non-scaling-stroke"
            />
            <path
              d={line}
              fill="none"
              strokeWidth={2}
              className="stroke-ink"
              vectorEffect="non-scaling-stroke"
            />
            <line
              x1={centre}
              x2={centre}
              y1={TOP}
              y2={BOTTOM}
              className="stroke-bole"
              vectorEffect="non-scaling-stroke"
            />
          </svg>
        </div>
        <span />
        <div aria-hidden className="mt-1 flex justify-between text-label text-ink-3">
          <span>{dayName(points[0]!.day)}</span>
          <span>{dayName(points[last]!.day)}</span>
        </div>
      </div>
    </div>
  )
}

/** Steps from day to day, each as wide as its day. */
function stepsOf(
  points: readonly DayPoint[],
  x: (place: number) => number,
  y: (point: DayPoint) => number,
): string {
  return points
    .map((each, place) => `${place ? 'V' : `M${x(0)} `}${round(y(each))}H${round(x(place + 1))}`)
    .join('')
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

function placeAfter(key: string, at: number, last: number): number | undefined {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, at - 1)
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(last, at + 1)
    case 'PageDown':
      return Math.max(0, at - 7)
    case 'PageUp':
      return Math.min(last, at + 7)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return undefined
  }
}
