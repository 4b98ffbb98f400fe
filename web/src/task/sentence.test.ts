// @vitest-environment jsdom
import { describe, expect, test } from 'vitest'
import type { OperationOut, OutputOut, TaskOut } from '../api/types'
import { en } from '../say/en'
import { formatsOf } from '../say/format'
import { zh } from '../say/zh'
import { retryOrder } from './again'
import { captionOf, doingOf, isOverdue, moneyOf, rangeOf, tell } from './sentence'

const NOW = Date.parse('2026-11-22T14:00:30Z')
const speech = { say: en, formats: formatsOf('en'), now: NOW }

function piece(of: Partial<OutputOut> = {}): OutputOut {
  return {
    job_id: 'job_1',
    rev: 1,
    index: 0,
    phase: 'images',
    status: 'running',
    progress: 0,
    position: null,
    wait: null,
    error: null,
    ...of,
  }
}

function task(of: Partial<TaskOut> = {}): TaskOut {
  return {
    id: 'task_1',
    type: 'text_to_image',
    status: 'running',
    phase: 'images',
    params: { prompt: 'a lighthouse', tier: 'standard' },
    outputs: [piece(), piece({ index: 1, status: 'completed' })],
    result: null,
    selected_image_index: null,
    progress: 0.5,
    cost: { held: '8', charged: '0', released: '0' },
    refunded: '0',
    error: null,
    cancel_requested: false,
    retry_of: null,
    rev: 1,
    as_of: 'x.1',
    created_at: '2026-11-22T14:00:00Z',
    started_at: '2026-11-22T14:00:16Z',
    updated_at: '2026-11-22T14:00:16Z',
    finished_at: null,
    deadline_at: '2026-11-22T14:15:00Z',
    ...of,
  }
}

const operation: OperationOut = {
  type: 'text_to_image',
  title: 'Text to image',
  summary: '',
  available: true,
  phases: [
    {
      name: 'images',
      unit: 'picture',
      prices: { standard: '1' },
      metered: false,
      takes: { standard: { low: 25, high: 40 } },
    },
  ],
  schema: {},
  result_schema: null,
}

const STATUSES = Object.keys(en.task.doing) as TaskOut['status'][]
const PHASES = [...Object.keys(en.task.doing.queued), 'of a plugin']

describe.each([
  ['English', en],
  ['Chinese', zh],
])('in %s', (_language, say) => {
  test.each(STATUSES)('every phase has a sentence for %s', (status) => {
    for (const phase of PHASES) expect(doingOf({ status, phase }, say)).not.toBe('')
  })

  test('every state of a piece has a word', () => {
    for (const status of Object.keys(en.task.piece))
      expect(
        captionOf(piece({ status: status as OutputOut['status'] }), { ...speech, say }),
      ).not.toBe('')
  })
})

test('a running task says how far, since when, how long, and what is held', () => {
  const { doing, facts, note } = tell(task(), operation, speech)
  expect(doing).toBe('Making images')
  expect(facts).toEqual(['1 of 2 ready', 'started 14 s ago', 'usually 25–40 s', '8 held'])
  expect(note).toBeUndefined()
})

test.each([
  [{ held: '8', charged: '0', released: '0' }, 'running', '8 held'],
  [{ held: '8', charged: '8', released: '0' }, 'completed', '8 charged'],
  [{ held: '8', charged: '6', released: '2' }, 'completed', '6 charged, 2 given back'],
  [{ held: '8', charged: '0', released: '8' }, 'failed', 'not charged'],
  [{ held: '13', charged: '8', released: '0' }, 'running', '5 held, 8 charged'],
  [
    { held: '0.1', charged: '0.035001', released: '0.064999' },
    'completed',
    '0.035001 charged, 0.064999 given back',
  ],
] as const)('the money sentence of %o is the ledger’s', (cost, status, said) => {
  expect(moneyOf(task({ cost, status }), speech)).toBe(said)
})

test('whoever may have lost contact is told until when, and what stays held', () => {
  const lost = task({ outputs: [piece({ status: 'unknown' })] })
  const { note } = tell(lost, operation, speech)
  expect(note).toContain('8 credits stay held')
  expect(note).toContain(formatsOf('en').moment(lost.deadline_at))
})

test('what takes longer than usual offers both ways out; the clock is the server’s', () => {
  const slow = task({ started_at: '2026-11-22T13:55:00Z' })
  expect(isOverdue(slow, operation, NOW)).toBe(true)
  expect(tell(slow, operation, speech).note).toContain('Cancel, and the 8 held credits come back')
  expect(isOverdue(task(), operation, NOW)).toBe(false)
})

test('a place in line is a number while it is near, then a rough one; the time is a range', () => {
  const near = piece({ status: 'queued', position: 3, wait: { low: 12, high: 20 } })
  expect(captionOf(near, speech)).toBe('3rd in line · about 12–20 s')
  expect(captionOf(piece({ status: 'queued', position: 140 }), speech)).toBe('about 140 ahead')
  expect(captionOf(piece({ status: 'running', progress: 0.6 }), speech)).toBe('60% · painting')
})

test('a piece that failed says why, and that it cost nothing', () => {
  const failed = piece({ status: 'failed', error: { code: 'content_policy', message: 'no' } })
  expect(captionOf(failed, speech)).toBe('refused by the provider’s rules · not charged')
})

test('a range has one unit where both ends have the same', () => {
  expect(rangeOf({ low: 25, high: 40 }, speech)).toBe('25–40 s')
  expect(rangeOf({ low: 30, high: 30 }, speech)).toBe('30 s')
  expect(rangeOf({ low: 45, high: 120 }, speech)).toBe('45 s–2 min')
})

test('a retry asks for what is missing alone', () => {
  const half = task({
    status: 'completed',
    outputs: [piece({ status: 'completed', kind: 'image' }), piece({ index: 1, status: 'failed' })],
  })
  expect(retryOrder(half)).toMatchObject({ type: 'text_to_image', count: 1 })
  const picture = piece({ status: 'completed', kind: 'image', asset_id: 'asset_1' })
  const model = task({
    type: 'text_to_3d',
    status: 'failed',
    selected_image_index: 0,
    outputs: [picture],
  })
  expect(retryOrder(model)).toMatchObject({ type: 'image_to_3d', image: 'asset_1' })
})
