/** What is said at a field of the sign-in when the server refuses. */

import type { Problem } from '../api'
import type { Door } from '../say'
import { clock } from './clock'

/** The sentence of a refusal; `left` are the seconds for which it is locked. */
export function signinSentence(
  say: Door,
  problem: Problem,
  { way, left }: { way: 'code' | 'password'; left: number },
): string {
  const said = say.signin
  switch (problem.code) {
    case 'code_wrong': {
      const tries = Number(problem.facts.tries_left ?? 0)
      return tries > 0 ? said.triesLeft(tries) : said.codeOver
    }
    case 'code_expired':
      return said.codeOver
    case 'password_wrong':
      return said.passwordWrong
    case 'bad_email':
      return said.badEmail
    case 'rate_limited': {
      const until = clock(left)
      return way === 'password' ? said.lockedPassword(until) : said.lockedCode(until)
    }
    default:
      return said.refused[problem.code] ?? say.errors.byCode[problem.code] ?? problem.detail
  }
}

/** A code as one types or pastes it, without what stands between its digits. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, '').slice(0, 6)
}
