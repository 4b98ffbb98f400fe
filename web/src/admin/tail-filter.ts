/**
 * What of the live tail is shown, by a line of words: `type:job.* provider:fal timeout`.
 *
 * `name:value` looks into one field, a bare word into all; a star stands for anything, a minus
 * before it turns it round. All must hold.
 */

export interface TailEvent {
  type: string
  at: string
  owner_id: string
  seq: number
  task_id: string | null
  job_id: string | null
  data: Record<string, unknown>
}

type Test = (event: TailEvent) => boolean

const SHORT: Record<string, string> = { owner: 'owner_id', task: 'task_id', job: 'job_id' }

/** Whether an event is to be shown. */
export function filterOf(line: string): Test {
  const tests = line.trim().split(/\s+/).filter(Boolean).map(testOf)
  return (event) => tests.every((test) => test(event))
}

function testOf(word: string): Test {
  if (word.startsWith('-') && word.length > 1) {
    const test = testOf(word.slice(1))
    return (event) => !test(event)
  }
  const found = /^([a-z_]+):(.+)$/i.exec(word)
  if (!found) {
    const sought = word.toLowerCase()
    return (event) => textOf(event).includes(sought)
  }
  const name = SHORT[found[1]!.toLowerCase()] ?? found[1]!.toLowerCase()
  const pattern = patternOf(found[2]!)
  return (event) => pattern.test(valueOf(event, name))
}

function valueOf(event: TailEvent, name: string): string {
  const value = name in event ? event[name as keyof TailEvent] : event.data[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function textOf(event: TailEvent): string {
  const { type, owner_id, task_id, job_id, data } = event
  return `${type} ${owner_id} ${task_id} ${job_id} ${JSON.stringify(data)}`.toLowerCase()
}

/** The whole value; ids may be cut short. */
function patternOf(text: string): RegExp {
  const pieces = text
    .split('*')
    .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  const isId = /^(task|job|user)_/.test(text)
  return new RegExp(`^${pieces.join('.*')}${isId ? '' : '$'}`, 'i')
}
