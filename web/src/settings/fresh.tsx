import { type ReactNode, useState } from 'react'
import { asProblem } from '../api'
import { useSay } from '../say'
import { useMe } from '../shell/session'
import { SignInDialog } from '../signin/dialog'

const STALE = new Set(['session_not_fresh', 'proof_needed'])

/** Run what needs a sign-in of a moment ago: where it was longer ago, ask for one, then go on.
 *
 * The answer is a function that runs such work, and the dialog, to be put anywhere in the page.
 */
export function useFresh(): [run: <Got>(work: () => Promise<Got>) => Promise<Got>, ReactNode] {
  const say = useSay()
  const me = useMe()
  const [asked, setAsked] = useState<{ goOn: () => void; leave: () => void }>()

  const run = async <Got,>(work: () => Promise<Got>): Promise<Got> => {
    try {
      return await work()
    } catch (error) {
      if (!STALE.has(asProblem(error).code)) throw error
      await new Promise<void>((goOn, leave) =>
        setAsked({ goOn, leave: () => leave(asProblem(error)) }),
      ).finally(() => setAsked(undefined))
      return work()
    }
  }
  const dialog = asked && (
    <SignInDialog
      title={say.signin.freshTitle}
      description={say.signin.fresh}
      person={me?.id}
      onOpenChange={asked.leave}
      onIn={asked.goOn}
    />
  )
  return [run, dialog]
}
