/** The letter that was asked for; kept for this tab, so that a reload goes on with it. */

import type { ChallengeOut } from '../api/types'

export interface Sent {
  email: string
  challengeId: string
  /** What the letter holds: six digits, or a link. */
  kind: ChallengeOut['kind']
  /** Milliseconds since 1970 from which on another letter makes sense. */
  resendAt: number
  expiresAt: number
}

const STORED = 'gesso.signin'

/** What the server told of a letter, in times of this machine's clock. */
export function sentOf(email: string, challenge: ChallengeOut, now = Date.now()): Sent {
  return {
    email,
    challengeId: challenge.challenge_id,
    kind: challenge.kind,
    resendAt: now + challenge.resend_in * 1000,
    expiresAt: now + challenge.expires_in * 1000,
  }
}

/** The letter that is still good, if there is one. */
export function storedSent(now = Date.now()): Sent | undefined {
  try {
    const sent = JSON.parse(sessionStorage.getItem(STORED) ?? 'null') as Sent | null
    return sent && sent.expiresAt > now ? sent : undefined
  } catch {
    return undefined
  }
}

/** Keep it, or forget it. */
export function storeSent(sent: Sent | undefined): void {
  try {
    if (sent) sessionStorage.setItem(STORED, JSON.stringify(sent))
    else sessionStorage.removeItem(STORED)
  } catch {
    // Private windows may refuse; a reload then begins anew.
  }
}
