import fc from 'fast-check'
import { expect, it } from 'vitest'
import { messagesIn, type Message } from './sse'

async function read(pieces: Uint8Array[]): Promise<Message[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  const found: Message[] = []
  for await (const message of messagesIn(body, () => undefined)) found.push(message)
  return found
}

const TEXT =
  ':\n\nretry: 1000\n\nid: e.1\nevent: task.queued\ndata: {"prompt":"ein Turm · 塔"}\n\n' +
  'event: hello\ndata: {"cursor":"e.1"}\n\ndata: one\ndata: two\n\nid: e.2\nevent: cut'

const EXPECTED: Message[] = [
  { id: 'e.1', event: 'task.queued', data: '{"prompt":"ein Turm · 塔"}' },
  { id: undefined, event: 'hello', data: '{"cursor":"e.1"}' },
  { id: undefined, event: 'message', data: 'one\ntwo' },
]

it('reads the same messages wherever the bytes are cut', async () => {
  const bytes = new TextEncoder().encode(TEXT)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: bytes.length })), async (cuts) => {
      const places = [0, ...cuts.toSorted((one, other) => one - other), bytes.length]
      const pieces = places.slice(1).map((end, place) => bytes.slice(places[place], end))
      expect(await read(pieces)).toEqual(EXPECTED)
    }),
    { numRuns: 50 },
  )
})
