/** The shared worker: the hub of every tab that has the same pages open for the same person. */

import { Hub, type Tab } from './hub'
import type { ToHub } from './protocol'

interface SharedWorkerScope {
  onconnect: ((event: MessageEvent) => void) | null
}

const hub = new Hub()

;(globalThis as unknown as SharedWorkerScope).onconnect = (event) => {
  const port = event.ports[0]!
  const tab: Tab = { post: (message) => port.postMessage(message) }
  port.onmessage = ({ data }: MessageEvent<ToHub>) => hub.hear(tab, data)
}
