// @vitest-environment jsdom

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Filters, filtersOf, isFiltered, KINDS, queryOf } from './filters'
import { withKind } from './statement-filters'

const day = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2030-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))

test('what is in an address comes out of it again', () => {
  fc.assert(
    fc.property(
      fc.record({ kind: fc.subarray([...KINDS]), from: day, to: day }, { requiredKeys: [] }),
      (wished) => {
        const filters = filtersOf(wished)
        const through = JSON.parse(JSON.stringify(filters)) as Record<string, unknown>
        expect(filtersOf(through)).toEqual(filters)
      },
    ),
  )
})

test.each([
  { kind: 'nonsense' },
  { from: '2026-02-30' },
  { from: 'yesterday', to: 12 },
  { kind: [...KINDS] },
])('what makes no sense, or leaves nothing out, is no filter: %j', (search) => {
  expect(filtersOf(search)).toEqual({})
  expect(isFiltered(filtersOf(search))).toBe(false)
})

test('one kind alone may stand in an address without a list', () => {
  expect(filtersOf({ kind: 'grant' })).toEqual({ kind: ['grant'] })
})

test('the last day is inside', () => {
  const { from, to } = queryOf({ from: '2026-11-22', to: '2026-11-22' })
  const length = new Date(to!).getTime() - new Date(from!).getTime()
  expect(length).toBe(24 * 3_600_000)
})

test('every kind ticked is the same as none', () => {
  const all = KINDS.reduce<Filters>((filters, kind) => withKind(filters, kind, true), {})
  expect(all).toEqual({})
  expect(withKind({ kind: ['grant'] }, 'grant', false)).toEqual({})
})
