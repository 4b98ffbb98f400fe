/** What somebody wrote before they were in; kept for this tab over the sign-in. */

const STORED = 'gesso.prompt'

/** Keep the words for the form of the workspace. */
export function keepPrompt(words: string): void {
  try {
    if (words.trim()) sessionStorage.setItem(STORED, words)
    else sessionStorage.removeItem(STORED)
  } catch {
    // Private windows may refuse; the words are then typed again.
  }
}

/** The words that are kept, if there are any. */
export function keptPrompt(): string | undefined {
  try {
    return sessionStorage.getItem(STORED) ?? undefined
  } catch {
    return undefined
  }
}

/** Take the words: once, by the form that shows them. */
export function takePrompt(): string | undefined {
  const words = keptPrompt()
  keepPrompt('')
  return words
}
