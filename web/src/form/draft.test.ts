// @vitest-environment jsdom
import { beforeEach, expect, test } from 'vitest'
import { keepDraft, keyFor, readDraft, settleDraft } from './draft'

let operation = 0
let name = ''
beforeEach(() => {
  name = `operation-${++operation}`
})

test('the same order goes out under the same key, however often it is sent', () => {
  keepDraft(name, { prompt: 'a' })
  expect(keyFor(name, 'a')).toBe(keyFor(name, 'a'))
})

test('another order never goes out under the key of one that may have been taken in', () => {
  keepDraft(name, { prompt: 'a' })
  const first = keyFor(name, 'a')
  keepDraft(name, { prompt: 'b' })
  expect(keyFor(name, 'b')).not.toBe(first)
})

test('what was taken in is over: the same words again are another task', () => {
  keepDraft(name, { prompt: 'a' })
  const first = keyFor(name, 'a')
  settleDraft(name)
  expect(keyFor(name, 'a')).not.toBe(first)
  expect(readDraft(name)?.values).toEqual({ prompt: 'a' })
})

test('the key of a lost answer is found again after a reload', () => {
  keepDraft(name, { prompt: 'a' })
  const first = keyFor(name, 'a')
  const kept = JSON.parse(sessionStorage.getItem(`gesso.draft.${name}`)!) as object
  expect(kept).toEqual({ values: { prompt: 'a' }, key: first, sent: 'a' })
})
