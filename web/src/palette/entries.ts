/** Where the palette can go, and what of it a few letters mean. Pure. */

export interface Entry {
  id: string
  label: string
  /** Under which heading it stands. */
  group: string
  go: () => void
}

/** The entries that have every typed word in them, those that begin with the first one first. */
export function matching(entries: readonly Entry[], typed: string): Entry[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const text = ({ label, group }: Entry) => `${label} ${group}`.toLowerCase()
  const found = entries.filter((entry) => words.every((word) => text(entry).includes(word)))
  const [first] = words
  if (first === undefined) return found
  const begins = ({ label }: Entry) => label.toLowerCase().startsWith(first)
  return [...found.filter(begins), ...found.filter((entry) => !begins(entry))]
}

/** The id of a task in what was typed. */
export function taskIn(typed: string): string | undefined {
  return /\btask_[0-9a-hjkmnp-tv-z]{26}\b/.exec(typed)?.[0]
}
