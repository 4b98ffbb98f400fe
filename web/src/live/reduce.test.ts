import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventLog } from './log'
import { type LiveEvent, parseCursor } from './protocol'
import { reduceTask, type TaskLike } from './reduce'

/** A server in small: it makes changes, writes each into a log, and can be read at any time. */
class Server {
  readonly log: LiveEvent[] = []
  private readonly states: TaskLike[]

  constructor() {
    this.states = [
      {
        id: 'task_1',
        rev: 1,
        status: 'queued',
        phase: 'images',
        progress: 0,
        outputs: [0, 1, 2, 3].map((index) => ({
          job_id: `job_${index}`,
          rev: 1,
          index,
          phase: 'images',
          status: 'queued',
          progress: 0,
          position: null,
        })),
      },
    ]
  }

  get head(): number {
    return this.log.length
  }

  /** What a read at this point of the log gives. */
  at(seq: number): TaskLike & { as_of: string } {
    return { ...structuredClone(this.states[seq]!), as_of: `e.${seq}` }
  }

  change({ job, status, progress }: Change): void {
    const { as_of: _, ...task } = this.at(this.head)
    const output = job === undefined ? undefined : task.outputs![job]
    const cursor = `e.${this.head + 1}`
    if (output) {
      output.rev += 1
      output.status = status
      output.progress = progress
      const done = task.outputs!.map((each) => (TERMINAL.has(each.status) ? 1 : each.progress))
      task.progress =
        Math.round((done.reduce((one, other) => one + other, 0) / done.length) * 1000) / 1000
      const data = {
        task_id: 'task_1',
        job_id: output.job_id,
        index: output.index,
        phase: 'images',
        rev: output.rev,
        status,
        progress,
      }
      this.log.push({ cursor, type: `job.${status}`, data })
    } else {
      task.rev += 1
      task.status = status
      this.log.push({
        cursor,
        type: `task.${status}`,
        data: { task_id: 'task_1', rev: task.rev, status, phase: 'images' },
      })
    }
    this.states.push(task)
  }
}

interface Change {
  job: number | undefined
  status: 'running' | 'completed' | 'failed'
  progress: number
}

const TERMINAL = new Set(['completed', 'failed', 'cancelled', 'expired'])

const changes = fc.array(
  fc.record({
    job: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
    status: fc.constantFrom('running' as const, 'completed' as const, 'failed' as const),
    progress: fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10),
  }),
  { minLength: 1, maxLength: 40 },
)

function bare({ as_of: _, ...task }: TaskLike & { as_of?: string }): TaskLike {
  return task
}

describe('a task that is followed', () => {
  it('is what the server has, in whatever order and how often events come', () => {
    fc.assert(
      fc.property(changes, fc.infiniteStream(fc.nat()), fc.nat(), (all, random, from) => {
        const server = new Server()
        all.forEach((change) => server.change(change))
        const start = from % (server.head + 1)
        const doubled = [...server.log, ...server.log.slice(0, start)]
        const shuffled = doubled
          .map((event) => ({ event, place: random.next().value as number }))
          .sort((one, other) => one.place - other.place)
        const heard = shuffled.reduce<TaskLike>(
          (task, { event }) => reduceTask(task, event),
          server.at(start),
        )
        expect(bare(heard)).toEqual(bare(server.at(server.head)))
      }),
    )
  })

  it('is never taken back by a late snapshot, and a gap is noticed', () => {
    fc.assert(
      fc.property(
        changes,
        fc.nat(),
        fc.array(fc.nat({ max: 50 })),
        fc.nat(),
        (all, joined, lost, late) => {
          const server = new Server()
          all.forEach((change) => server.change(change))
          const log = new EventLog()
          const from = joined % (server.head + 1)
          log.begin(`e.${from}`)
          let task: TaskLike = server.at(from)
          let heardAt = from
          for (const event of server.log.slice(from)) {
            const { seq } = parseCursor(event.cursor)!
            // The last one always comes: without it nobody could know of a gap.
            if (lost.includes(seq) && seq !== server.head) continue
            const outcome = log.take(event)
            heardAt = seq
            // What the page does about a gap: it reads anew, here with an answer of right now.
            if (outcome === 'gap') task = log.bringUp(server.at(seq))
            task = reduceTask(task, event)
            // Now and then an answer comes in that is as old as the log reaches.
            const covered = parseCursor(log.coveredFrom)!.seq
            if (late % 3 === seq % 3) {
              const read = covered + (late % (seq - covered + 1))
              const snapshot = log.bringUp(server.at(read))
              expect(bare(snapshot)).toEqual(bare(server.at(seq)))
            }
          }
          expect(bare(task)).toEqual(bare(server.at(heardAt)))
        },
      ),
    )
  })

  it('takes places in line only from who knows as much', () => {
    const task = new Server().at(0)
    const told = (rev: number): LiveEvent => ({
      cursor: null,
      type: 'job.position',
      data: {
        task_id: 'task_1',
        wait: { low: 3, high: 9 },
        jobs: [{ job_id: 'job_0', rev, position: 4 }],
      },
    })
    expect(reduceTask(task, told(1)).outputs![0]).toMatchObject({
      position: 4,
      wait: { low: 3, high: 9 },
    })
    expect(reduceTask(task, told(0))).toBe(task)
  })
})

describe('the log', () => {
  it('says what is new, known, and missing', () => {
    const log = new EventLog()
    const event = (cursor: string): LiveEvent => ({ cursor, type: 'task.running', data: {} })
    log.begin('e.4')
    expect(log.take(event('e.4'))).toBe('known')
    expect(log.take(event('e.5'))).toBe('new')
    expect(log.take(event('e.5'))).toBe('known')
    expect(log.take(event('e.8'))).toBe('gap')
    expect(log.coveredFrom).toBe('e.8')
    expect(log.take(event('f.1'))).toBe('gap')
    expect(log.take({ ...event('e.1'), cursor: null })).toBe('new')
  })
})
