import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(`${import.meta.dirname}/tokens.css`, 'utf8')

function tokensOf(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0]!
  const found = block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)
  return Object.fromEntries([...found].map(([, name, value]) => [name!, value!]))
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light! + 0.05) / (dark! + 0.05)
}

const TEXT = [
  'ink',
  'ink-2',
  'ink-3',
  'bole',
  'verdigris',
  'ultramarine',
  'ochre',
  'vermilion',
  'violet',
  'bone',
  'focus',
]

describe.each([
  ['light', ':root'],
  ['dark', ":root[data-theme='dark']"],
])('%s colours', (_, selector) => {
  const tokens = tokensOf(selector)
  const grounds = ['ground', 'panel', 'sunk'].map((name) => tokens[name]!)

  it.each(TEXT)('%s can be read on every ground', (name) => {
    for (const ground of grounds)
      expect(contrast(tokens[name]!, ground)).toBeGreaterThanOrEqual(4.5)
  })

  it('edges can be seen, and words on bole can be read', () => {
    for (const ground of grounds) expect(contrast(tokens.edge!, ground)).toBeGreaterThanOrEqual(3)
    expect(contrast(tokens['on-bole']!, tokens.bole!)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(tokens['on-bole']!, tokens['bole-deep']!)).toBeGreaterThanOrEqual(4.5)
  })
})
