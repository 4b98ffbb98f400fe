/** A file on its way to the server; `fetch` does not tell how far it has come, so it is not used. */

import { getMe } from './calls'
import { csrfToken } from './cookies'
import { onceOnly } from './keys'
import { Problem, problemIn } from './problem'
import { renew, tellSessionEnded } from './session'
import type { AssetOut } from './types'

interface Options {
  /** The same for every try of one file: what has come whole is not taken in twice. */
  key: string
  /** From 0 to 1; at 1 all of it is there, and is being looked through. */
  onProgress: (share: number) => void
  signal: AbortSignal
}

/**
 * Send a file in. A session that ran out is gone on with first: a server that refuses a large body
 * before it has read all of it is not always heard.
 */
export async function upload(file: File, options: Options): Promise<AssetOut> {
  await getMe({ throwOnError: true, signal: options.signal })
  let response = await send(file, options)
  if (response.status === 401) {
    if (await renew()) response = await send(file, options)
    if (response.status === 401) tellSessionEnded()
  }
  if (!response.ok) throw await problemIn(response)
  return (await response.json()) as AssetOut
}

function send(file: File, { key, onProgress, signal }: Options): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const request = new XMLHttpRequest()
    request.open('POST', '/api/v1/assets')
    const headers = {
      // What it is, its bytes say; a browser's guess would only be disbelieved.
      'Content-Type': 'application/octet-stream',
      'X-CSRF-Token': csrfToken() ?? '',
      ...onceOnly(key),
    }
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.responseType = 'text'
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0)
    request.onload = () => resolve(asResponse(request))
    request.onerror = () =>
      reject(new Problem({ status: 0, code: 'unreachable', detail: 'The line broke.' }))
    request.onabort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}

function asResponse(request: XMLHttpRequest): Response {
  const headers = new Headers()
  for (const name of ['Content-Type', 'Retry-After', 'Traceparent']) {
    const value = request.getResponseHeader(name)
    if (value !== null) headers.set(name, value)
  }
  return new Response(request.responseText, { status: request.status, headers })
}
