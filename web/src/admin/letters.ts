import type { LetterOut } from '../api/types'

/** Letters by kind and reason, the largest group first. */
export function grouped(letters: readonly LetterOut[]): [string, LetterOut[]][] {
  const groups = Map.groupBy(letters, ({ kind, reason }) => `${kind} ${reason}`)
  return [...groups].sort(([, one], [, other]) => other.length - one.length)
}
