/** The form as a request that a program would send. */

/** The curl command of an order, to paste into a shell. */
export function curlOf(origin: string, body: object, key: string): string {
  return [
    `curl ${quoted(`${origin}/api/v1/tasks`)}`,
    '-H "Authorization: Bearer $GESSO_KEY"',
    `-H 'Content-Type: application/json'`,
    `-H ${quoted(`Idempotency-Key: ${key}`)}`,
    `-d ${quoted(JSON.stringify(body, null, 2))}`,
  ].join(' \\\n  ')
}

/** A word of a shell, whatever is in it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
