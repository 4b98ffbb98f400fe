import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scale, ticks } from './scale'

const micro = (min: number, max: number) => fc.integer({ min, max }).map((each) => each / 1e6)

test('ticks are few, rise evenly, and hold every value', () => {
  fc.assert(
    fc.property(micro(-1e12, 1e15), micro(0, 1e15), (low, above) => {
      const marks = ticks(low, low + above)
      expect(marks.length).toBeLessThan(9)
      expect(marks[0]).toBeLessThanOrEqual(Math.min(low, 0) + 1e-3)
      expect(marks.at(-1)).toBeGreaterThanOrEqual(low + above - Math.abs(low + above) * 1e-9)
      expect(marks).toEqual([...new Set(marks)].toSorted((one, other) => one - other))
    }),
  )
})

test('a range goes straight to another, also upside down', () => {
  const y = scale([0, 10], [100, 0])
  expect([y(0), y(5), y(10)]).toEqual([100, 50, 0])
})

test('a range of nothing is no division by nought', () => {
  expect(scale([3, 3], [0, 50])(3)).toBe(0)
})
