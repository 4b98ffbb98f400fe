// @vitest-environment jsdom

import { expect, test } from 'vitest'
import { agentOf } from './agent'
import { endOf, networksOf } from './api-keys/expiry'
import { preferencesIn } from './preferences'

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    'Chrome on Linux',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0 Mobile/15E148 Safari/604.1',
    'Chrome on iOS',
  ],
  ['Mozilla/5.0 (Android 15; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0', 'Firefox on Android'],
])('%s', (agent, name) => {
  const known = agentOf(agent)
  expect(known && `${known.browser} on ${known.system}`).toBe(name)
})

test('a program that is no browser keeps its own name', () => {
  expect(agentOf('curl/8.9.1')).toBeUndefined()
})

test('a key ends when it was chosen to, or never', () => {
  expect(endOf('never')).toBe('never')
  expect(endOf('90', 0)).toBe('1970-04-01T00:00:00.000Z')
})

test('networks may stand in lines or between commas', () => {
  expect(networksOf(' 10.0.0.0/8, 192.0.2.7\n\n2001:db8::/32 ')).toEqual([
    '10.0.0.0/8',
    '192.0.2.7',
    '2001:db8::/32',
  ])
})

test('of what apps remember, only what makes sense is taken over', () => {
  const kept = {
    theme: 'dark',
    language: 'tlh',
    motion: 'reduced',
    shortcuts: { singleKeys: false, changed: { help: 'h' } },
    ofAnotherApp: 1,
  }
  const { language: _, ofAnotherApp: __, ...ours } = kept
  expect(preferencesIn(kept)).toEqual(ours)
  expect(preferencesIn({ shortcuts: { singleKeys: true, changed: { help: 3 } } })).toEqual({})
})
