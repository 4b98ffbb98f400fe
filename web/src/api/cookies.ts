/** The one cookie that a page can read: the token that its writes bring along. */

const NAMES = ['__Host-gesso-csrf', 'gesso-csrf']

/** The session's CSRF token; undefined where nobody is signed in. */
export function csrfToken(): string | undefined {
  const pairs = document.cookie.split('; ').map((pair) => pair.split('=') as [string, string?])
  for (const name of NAMES) {
    const found = pairs.find(([each]) => each === name)?.[1]
    if (found) return decodeURIComponent(found)
  }
  return undefined
}
