import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { format, parse, sum, text } from './money'

const amounts = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n })

describe('credits', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        expect(parse(text(amount))).toBe(amount)
      }),
    )
  })

  it('are exact where floats are not', () => {
    expect(format('10000000.000001')).toBe('10,000,000.000001')
    expect(format(parse('0.1') + parse('0.2'))).toBe('0.30')
    expect(format('9007199254740993.000001')).toBe('9,007,199,254,740,993.000001')
  })

  it('have two digits, more where there are more, a true minus', () => {
    expect(format('8')).toBe('8.00')
    expect(format('8', { digits: 0 })).toBe('8')
    expect(format('8.5', { digits: 0 })).toBe('8.50')
    expect(format('-3.123')).toBe('\u22123.123')
    expect(format('500', { signed: true })).toBe('+500.00')
    expect(format('0', { signed: true })).toBe('0.00')
  })

  it('are summed whole', () => {
    fc.assert(
      fc.property(fc.array(amounts), (each) => {
        expect(sum(each.map(text))).toBe(each.reduce((one, other) => one + other, 0n))
      }),
    )
  })

  it('refuse what is none', () => {
    for (const wrong of ['', '1.', '.5', '1e3', 'NaN', '1.0000001', '1,000'])
      expect(() => parse(wrong)).toThrow(RangeError)
  })
})
