/** What went wrong, by the server's code; where a code is not here, the server's sentence is shown. */
export const errors = {
  byCode: {
    unreachable: 'The server cannot be reached just now.',
    page_failed: 'Something went wrong in this page.',
    no_problem_told: 'The server gave no answer that makes sense.',
    internal: 'Something went wrong on our side.',
    unauthenticated: 'You are not signed in any more.',
    missing_scope: 'Your account may not do this.',
    forbidden: 'Your account may not do this.',
    forged_request:
      'The server did not believe that this came from this page. Reload and try again.',
    not_found: 'There is nothing here, or it is not yours.',
    insufficient_credits: 'There are not enough credits for this.',
    spend_limit_reached: 'A spending limit would be exceeded.',
    rate_limited: 'That was too often.',
    unavailable: 'The server is busy just now.',
    media_type_refused: 'This is not a kind of file that is taken.',
    media_broken: 'The file cannot be read; it may be damaged.',
    media_too_large: 'The file has more pixels, seconds or triangles than are taken.',
    media_unsafe: 'The file reaches for things outside itself.',
    body_too_large: 'The file is larger than is taken.',
    no_room: 'There is no room left for your uploads.',
    uploads_at_once: 'Wait until one of your uploads has ended.',
  } as Record<string, string>,
  retryIn: (seconds: number) =>
    seconds === 1 ? 'Try again in a second.' : `Try again in ${seconds} seconds.`,
  moneyNone: 'No credits moved.',
  moneyCharged: (amount: string) => `${amount} credits were charged.`,
  moneyReleased: (amount: string) => `${amount} credits were given back.`,
  moneyHeld: (amount: string) => `${amount} credits are still held.`,
  couldNotLoad: 'This could not be loaded.',
}
