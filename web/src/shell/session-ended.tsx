import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { onSessionEnded } from '../api'
import { mayBeSignedIn, onOtherTab } from '../api/session'
import { meOptions, useMe } from './session'

const SignInAgain = lazy(() =>
  import('./sign-in-again').then(({ SignInAgain: component }) => ({ default: component })),
)

/** Over the page when the session is over: what was typed below it stays. One signs in over the page,
 * or in another tab, and this one goes on as soon as that is done. */
export function SessionEnded() {
  const queryClient = useQueryClient()
  const me = useMe()
  const [refused, setRefused] = useState(false)
  /** Who was in here last; somebody else must not go on in their page. */
  const [person, setPerson] = useState<string>()
  if (me && me.id !== person) setPerson(me.id)
  const ended = refused || (me === null && person !== undefined)
  const close = () => {
    setRefused(false)
    setPerson(undefined)
  }

  useEffect(
    () =>
      onSessionEnded(() => {
        if (queryClient.getQueryData(meOptions.queryKey)) setRefused(true)
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
          setRefused(false)
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
        <SignInAgain person={person} onClose={close} />
      </Suspense>
    )
  )
}
