/** How every call leaves: with the session's cookies, the CSRF token, and errors as `Problem`. */

import { csrfToken } from './cookies'
import type { CreateClientConfig } from './generated/client.gen'
import { compareBuild } from '../shell/build'
import { asProblem, problemIn } from './problem'
import { mayBeSignedIn, renew, tellSessionEnded } from './session'

const READING = new Set(['GET', 'HEAD', 'OPTIONS'])
/** Refusals of a sign-in itself; the session has no part in them. */
const SIGNING_IN = /^\/api\/v1\/auth\//

export const createClientConfig: CreateClientConfig = (config) => ({
  ...config,
  baseUrl: globalThis.location.origin,
  credentials: 'same-origin',
  fetch: (input) => send(input as Request),
})

/** Send a request; a session that ran out is gone on with once, and the request sent again. */
export async function send(request: Request): Promise<Response> {
  const again = request.clone()
  let response = await sendOnce(request)
  if (response.status === 401 && !SIGNING_IN.test(new URL(request.url).pathname)) {
    if (mayBeSignedIn() && (await renew())) response = await sendOnce(again)
    if (response.status === 401) tellSessionEnded()
  }
  compareBuild(response.headers.get('gesso-build'))
  if (!response.ok) throw await problemIn(response)
  return response
}

async function sendOnce(request: Request): Promise<Response> {
  const headers = new Headers(request.headers)
  if (!READING.has(request.method)) {
    const token = csrfToken()
    if (token !== undefined) headers.set('X-CSRF-Token', token)
    if (!headers.has('Content-Type')) headers.set('Content-Type', 'application/json')
  }
  try {
    return await fetch(new Request(request, { headers }))
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown
    throw asProblem(thrown)
  }
}
