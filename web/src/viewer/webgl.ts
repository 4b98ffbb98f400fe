/** Whether this browser shows 3D at all. */

let known: boolean | undefined

/** Whether there is WebGL 2; looked at once, with a context that is given back. */
export function canShow3D(): boolean {
  if (known !== undefined) return known
  try {
    const context = document.createElement('canvas').getContext('webgl2')
    known = context !== null
    context?.getExtension('WEBGL_lose_context')?.loseContext()
  } catch {
    known = false
  }
  return known
}
