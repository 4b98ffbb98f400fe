// @vitest-environment jsdom

import { expect, test } from 'vitest'
import type { EntryOut } from '../api/types'
import { withNewest } from './entries'

const entry = (seq: number) => ({ seq }) as EntryOut
const page = (seqs: number[], next_cursor: string | null = null) => ({
  items: seqs.map(entry),
  next_cursor,
})
const seqs = (rows: EntryOut[] | 'torn') => (rows === 'torn' ? rows : rows.map(({ seq }) => seq))

test('what is new comes on top, each movement once', () => {
  expect(seqs(withNewest([page([5, 4], 'c'), page([3, 2, 1])], page([7, 6, 5], 'c')))).toEqual([
    7, 6, 5, 4, 3, 2, 1,
  ])
})

test('nothing new changes nothing', () => {
  expect(seqs(withNewest([page([2, 1])], page([2, 1])))).toEqual([2, 1])
  expect(seqs(withNewest([page([2, 1])], undefined))).toEqual([2, 1])
})

test('the first movements of a wallet that was empty', () => {
  expect(seqs(withNewest([page([])], page([2, 1])))).toEqual([2, 1])
})

test('so many new ones that some between are unknown', () => {
  expect(withNewest([page([5, 4], 'c')], page([99, 98], 'c'))).toBe('torn')
})
