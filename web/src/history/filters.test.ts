import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayOf, filtersOf, isFiltered, readSearch, startOf, STATUSES } from './filters'

const day = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2030-12-31'), noInvalidDate: true })
  .map(dayOf)
const searches = fc.record(
  {
    q: fc.string({ minLength: 1, maxLength: 100 }).filter((each) => each.trim() === each),
    status: fc.subarray([...STATUSES], { minLength: 1 }).map((each) => each.join('.')),
    op: fc
      .subarray(['text_to_3d', 'text_to_image'], { minLength: 1 })
      .map((each) => each.join('.')),
    from: day,
    to: day,
    view: fc.constant('grid' as const),
  },
  { requiredKeys: [] },
)

describe('filters in the address', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(searches, (search) => {
        expect(readSearch(search)).toEqual(search)
      }),
    )
  })

  it('lose what makes no sense, and nothing else', () => {
    const search = { status: 'failed.odd', op: '../x', from: '22 Nov', to: '2026-13-45', q: 7 }
    expect(readSearch(search)).toEqual({ status: 'failed', q: '7' })
  })

  it('reach the API as instants; the last day is counted in', () => {
    const filters = filtersOf({ from: '2026-11-01', to: '2026-11-02', status: 'failed.expired' })
    expect(filters.status).toEqual(['failed', 'expired'])
    expect(Date.parse(filters.to!) - Date.parse(filters.from!)).toBe(2 * 86_400_000)
  })

  it('do not count the view as one', () => {
    expect(isFiltered({ view: 'grid' })).toBe(false)
    expect(isFiltered({ view: 'grid', q: 'lighthouse' })).toBe(true)
  })
})

describe('days', () => {
  it('begin where the reader is', () => {
    fc.assert(
      fc.property(day, (each) => {
        expect(dayOf(startOf(each))).toBe(each)
      }),
    )
  })
})
