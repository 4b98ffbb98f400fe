/** The session in this browser: gone on with once when it has run out, and told when it is over. */

import { csrfToken } from './cookies'

type Listener = () => void
const listeners = new Set<Listener>()
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('gesso.session') : undefined
let renewing: Promise<boolean> | undefined

/** Hear of it when a session that was there is over: the next write would be refused. */
export function onSessionEnded(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Say that the session is over. */
export function tellSessionEnded(): void {
  for (const listener of listeners) listener()
}

/** Whether the browser holds a session, as far as a page can see. */
export function mayBeSignedIn(): boolean {
  return csrfToken() !== undefined
}

/** Hear of it when somebody signed in or out in another tab. */
export function onOtherTab(listener: (said: 'in' | 'out') => void): () => void {
  const hear = (event: MessageEvent<'in' | 'out'>) => listener(event.data)
  channel?.addEventListener('message', hear)
  return () => channel?.removeEventListener('message', hear)
}

/** Tell the other tabs that somebody signed in or out. */
export function tellOtherTabs(said: 'in' | 'out'): void {
  channel?.postMessage(said)
}

/** Go on with the session; false: it is over. Callers at the same time share one request. */
export function renew(): Promise<boolean> {
  renewing ??= inTurn(refresh).finally(() => {
    renewing = undefined
  })
  return renewing
}

/** One tab at a time, where the browser has locks; elsewhere the server bears two at once. */
function inTurn(work: () => Promise<boolean>): Promise<boolean> {
  const locks = (navigator as { locks?: LockManager }).locks
  return locks ? locks.request('gesso.renew', work) : work()
}

async function refresh(): Promise<boolean> {
  const token = csrfToken()
  if (token === undefined) return false
  const response = await fetch('/api/v1/auth/refresh', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': token },
  })
  // 429: another tab has just done it; the cookies are fresh.
  if (response.ok || response.status === 429) return true
  if (response.status >= 500) throw new TypeError('the session could not be renewed just now')
  return false
}
