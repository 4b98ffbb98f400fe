// @vitest-environment jsdom

import { beforeEach, expect, test, vi } from 'vitest'
import { Problem } from '../api/problem'
import { keepPrompt, keptPrompt, takePrompt } from '../home/prompt'
import { en } from '../say/en'
import { zh } from '../say/zh'
import { clock, secondsUntil } from './clock'
import { sentOf, storedSent, storeSent } from './sent'
import { digitsOf, signinSentence } from './sentences'

beforeEach(() => sessionStorage.clear())

const refusal = (code: string, facts: Record<string, unknown> = {}) =>
  new Problem({ status: 403, code, detail: 'The server said so.', facts })

test.each([
  [0, '0:00'],
  [42, '0:42'],
  [605, '10:05'],
  [3661, '1:01:01'],
])('%i seconds are %s', (seconds, told) => {
  expect(clock(seconds)).toBe(told)
})

test('a wait is never below nought, and its last second is told', () => {
  expect(secondsUntil(1000, 1)).toBe(1)
  expect(secondsUntil(1000, 5000)).toBe(0)
  expect(secondsUntil(undefined, 5000)).toBe(0)
})

test.each(['482913', '482 913', '482-913', ' 482913\n', 'Code: 482913'])(
  'a code may be pasted as %j',
  (text) => {
    expect(digitsOf(text)).toBe('482913')
  },
)

test.each([en, zh])('refusals are sentences, and a lock names its time', (say) => {
  const code = { way: 'code', left: 0 } as const
  expect(signinSentence(say, refusal('code_wrong', { tries_left: 3 }), code)).toContain('3')
  expect(signinSentence(say, refusal('code_wrong', { tries_left: 0 }), code)).toBe(
    say.signin.codeOver,
  )
  const locked = signinSentence(say, refusal('rate_limited'), { way: 'password', left: 125 })
  expect(locked).toContain('2:05')
  expect(signinSentence(say, refusal('new_one'), code)).toBe('The server said so.')
})

test('a reload goes on with the letter, until it is good for nothing', () => {
  vi.useFakeTimers({ now: 1_000_000 })
  const sent = sentOf('a@b.org', {
    challenge_id: 'challenge_1',
    kind: 'code',
    expires_in: 600,
    resend_in: 60,
  })
  storeSent(sent)
  expect(storedSent()).toEqual(sent)
  vi.setSystemTime(1_000_000 + 600_001)
  expect(storedSent()).toBeUndefined()
  vi.useRealTimers()
})

test('words of a stranger are kept, and taken once', () => {
  keepPrompt('a lighthouse')
  expect(keptPrompt()).toBe('a lighthouse')
  expect(takePrompt()).toBe('a lighthouse')
  expect(takePrompt()).toBeUndefined()
})
