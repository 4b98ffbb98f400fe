/** Numbers to places on a picture, and round numbers beside its axis. */

/** A straight way from one range to another. */
export function scale(from: [number, number], to: [number, number]): (value: number) => number {
  const [low, high] = from
  const span = high - low || 1
  return (value) => to[0] + ((value - low) / span) * (to[1] - to[0])
}

/** Below this there is nothing to show: the smallest part of a credit. */
const SMALLEST = 1e-6

/** Round numbers from nought or below to at least the largest value, about so many. */
export function ticks(low: number, high: number, wanted = 3): number[] {
  const [bottom, top] = [Math.min(0, low), Math.max(high, 0)]
  const rough = Math.max(top - bottom || 1, SMALLEST) / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough)!
  const first = Math.floor(bottom / step + 1e-9)
  const last = Math.ceil(top / step - 1e-9)
  return Array.from({ length: Math.max(1, last - first) + 1 }, (_, place) =>
    Number(((first + place) * step).toPrecision(12)),
  )
}
