import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partsBetween, planOf, sectionOf, topOf } from './plan'

const SHAPE = { heading: 44, row: 56, columns: 1 }
const days = fc
  .array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 50 })
  .map((counts) => counts.map((tasks, place) => ({ day: `day ${place}`, tasks })))
const shapes = fc.integer({ min: 1, max: 7 }).map((columns) => ({ ...SHAPE, columns }))

describe('the plan of a history', () => {
  it('has a place for every task', () => {
    fc.assert(
      fc.property(days, shapes, (given, shape) => {
        const plan = planOf(given, shape)
        expect(plan.count).toBe(given.reduce((sum, each) => sum + each.tasks, 0))
        const parts = partsBetween(plan, 0, plan.height)
        expect(parts.map(({ section, from, to }) => [section.day, from, to])).toEqual(
          given.map((each) => [each.day, 0, each.tasks]),
        )
      }),
    )
  })

  it('renders whatever a window shows, and little more', () => {
    fc.assert(
      fc.property(
        days,
        shapes,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (given, shape, share) => {
          const plan = planOf(given, shape)
          const top = share * plan.height
          const shown = partsBetween(plan, top, top + 1000)
          const rows = shown.reduce(
            (sum, { from, to }) => sum + Math.ceil((to - from) / shape.columns),
            0,
          )
          expect(rows).toBeLessThanOrEqual(1000 / shape.row + 2 + shown.length)
          for (let index = 0; index < plan.count; index++) {
            const at = topOf(plan, index)
            if (at + shape.row <= top || at >= top + 1000) continue
            const place = index - sectionOf(plan, index)!.first
            const part = shown.find((each) => each.section === sectionOf(plan, index))
            expect(part && part.from <= place && place < part.to).toBe(true)
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('is empty without days', () => {
    const plan = planOf([], SHAPE)
    expect(plan.height).toBe(0)
    expect(partsBetween(plan, 0, 1000)).toEqual([])
  })
})
