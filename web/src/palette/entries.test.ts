import { describe, expect, it } from 'vitest'
import { type Entry, matching, taskIn } from './entries'

const go = () => undefined
const ENTRIES: Entry[] = [
  { id: 'a', label: 'Workspace', group: 'Go to', go },
  { id: 'b', label: 'API keys', group: 'Settings', go },
  { id: 'c', label: 'Queues', group: 'Console', go },
  { id: 'd', label: 'Overview', group: 'Console', go },
]
const ids = (typed: string) => matching(ENTRIES, typed).map(({ id }) => id)

describe('the palette', () => {
  it('offers everything before anything is typed', () => {
    expect(ids('  ')).toEqual(['a', 'b', 'c', 'd'])
  })

  it('finds by every word, in the heading too', () => {
    expect(ids('set key')).toEqual(['b'])
    expect(ids('console')).toEqual(['c', 'd'])
    expect(ids('nothing')).toEqual([])
  })

  it('puts first what begins like it', () => {
    expect(ids('o')[0]).toBe('d')
  })

  it('knows a task by its id', () => {
    expect(taskIn('see task_01jd3v8k2m5q7r9t1w3y5z7b9d please')).toBe(
      'task_01jd3v8k2m5q7r9t1w3y5z7b9d',
    )
    expect(taskIn('task_1')).toBeUndefined()
  })
})
