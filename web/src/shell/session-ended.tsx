import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { onSessionEnded } from '../api'
import { mayBeSignedIn, onOtherTab } from '../api/session'
import { meOptions } from './session'

const SignInAgain = lazy(() =>
  import('./sign-in-again').then(({ SignInAgain: component }) => ({ default: component })),
)

/** Over the page when the session is over: what was typed below it stays. Signing in happens in a
 * tab beside it, and this one goes on as soon as that is done. */
export function SessionEnded() {
  const queryClient = useQueryClient()
  const [ended, setEnded] = useState(false)

  useEffect(
    () =>
      onSessionEnded(() => {
        if (queryClient.getQueryData(meOptions.queryKey)) setEnded(true)
      }),
    [queryClient],
  )

  useEffect(
    () =>
      onOtherTab((said) => {
        if (said === 'out') {
          queryClient.clear()
          globalThis.location.assign('/')
        } else {
          setEnded(false)
          void queryClient.invalidateQueries()
        }
      }),
    [queryClient],
  )

  // A sign-in beside it that the channel did not tell of: the cookie is there again.
  useEffect(() => {
    if (!ended) return
    const look = () => {
      if (mayBeSignedIn()) void queryClient.invalidateQueries({ queryKey: meOptions.queryKey })
    }
    addEventListener('focus', look)
    return () => removeEventListener('focus', look)
  }, [ended, queryClient])

  return (
    ended && (
      <Suspense>
        <SignInAgain onOpenChange={setEnded} />
      </Suspense>
    )
  )
}
