/** What a row says of a task besides its state. */

import type { TaskRowOut } from '../api/types'
import type { Catalogue } from '../say'
import type { Formats } from '../say/format'

export interface RowWords {
  title: string
  /** Behind the state's word: how far it is, or what became of the money. */
  aside: string | undefined
  amount: string
  /** Whether the amount is only held so far. */
  isHeld: boolean
}

/** The words of a row. What became of money is read from its ledger figures alone. */
export function wordsOf(row: TaskRowOut, say: Catalogue, { credits }: Formats): RowWords {
  const hasEnded = row.finished_at !== null || ENDED.has(row.status)
  return {
    title: row.title ?? say.history.untitled,
    aside: hasEnded ? fate(row, say) : underWay(row, say),
    amount: credits(hasEnded ? row.cost.charged : left(row)),
    isHeld: !hasEnded,
  }
}

const ENDED = new Set<TaskRowOut['status']>(['completed', 'failed', 'cancelled', 'expired'])

function fate({ status, cost }: TaskRowOut, say: Catalogue): string | undefined {
  return status !== 'completed' && !/[1-9]/.test(cost.charged) ? say.history.notCharged : undefined
}

function underWay({ status, pieces, cancel_requested }: TaskRowOut, say: Catalogue) {
  if (cancel_requested) return say.history.cancelling
  if (status !== 'running' || pieces.total < 2) return undefined
  return say.history.pieces(pieces.ended, pieces.total)
}

/** All that was held, whatever of it is charged already: what it may come to. */
function left({ cost }: TaskRowOut): string {
  return cost.held
}
