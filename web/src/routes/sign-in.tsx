import { useQueryClient } from '@tanstack/react-query'
import { createFileRoute, redirect, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useDoorSay } from '../say'
import { signedIn, useMe, whoIs } from '../shell/session'
import { keptPrompt } from '../home/prompt'
import { Done } from '../signin/done'
import { LinkForm } from '../signin/link-form'
import { Refused } from '../signin/refused'
import { storedSent } from '../signin/sent'
import { WaysIn } from '../signin/ways-in'
import { ButtonLink } from '../ui/link'

interface Search {
  /** Where one was on the way to. */
  next?: string
  /** Opened beside a page whose session ended: closes itself when done. */
  beside?: boolean
  /** Why the way by which one came did not let in, as the server calls it. */
  refused?: string
  /** The channel that refused. */
  by?: string
}

export const Route = createFileRoute('/sign-in')({
  validateSearch: (search: Record<string, unknown>): Search => ({
    ...(typeof search.next === 'string' &&
      /^\/(?![/\\])/.test(search.next) && { next: search.next }),
    ...(search.beside === true && { beside: true }),
    ...(typeof search.refused === 'string' && { refused: search.refused }),
    ...(typeof search.by === 'string' && /^[a-z0-9-]+$/.test(search.by) && { by: search.by }),
  }),
  beforeLoad: async ({ context, search, location }) => {
    const mustStay = search.beside ?? (location.hash !== '' || search.refused !== undefined)
    if (!mustStay && (await whoIs(context.queryClient)))
      throw redirect({ href: search.next ?? '/workspace', replace: true })
  },
  staticData: { title: (say) => say.signin.title },
  component: SignIn,
})

function SignIn() {
  const say = useDoorSay()
  const me = useMe()
  const router = useRouter()
  const queryClient = useQueryClient()
  const { next, beside = false, refused, by } = Route.useSearch()
  const [token, setToken] = useLetterToken()
  const [isWaiting, setWaiting] = useState(() => storedSent() !== undefined)
  const goal = next ?? '/workspace'

  const onIn = async () => {
    await signedIn(queryClient)
    if (!beside) router.history.replace(goal)
  }

  const heading = token ? say.signin.linkTitle : isWaiting ? say.signin.codeTitle : say.signin.title
  return (
    <div className="mx-auto w-full max-w-100 px-4 py-12 md:py-20">
      <h1>{me && beside ? say.signin.done : heading}</h1>
      {me && beside ? (
        <Done />
      ) : (
        <>
          <p className="mt-1 mb-6 text-ink-2">
            {keptPrompt() ? say.signin.thenMade : say.signin.lead}
          </p>
          {refused !== undefined && <Refused code={refused} by={by} returnTo={goal} />}
          {me && refused !== undefined ? (
            <ButtonLink to="/settings/profile">{say.shell.settings}</ButtonLink>
          ) : token ? (
            <LinkForm
              token={token}
              isIn={Boolean(me)}
              onIn={onIn}
              onOther={() => setToken(undefined)}
            />
          ) : (
            <WaysIn
              returnTo={beside ? '/sign-in?beside=true' : goal}
              onWaiting={setWaiting}
              onIn={onIn}
            />
          )}
        </>
      )}
    </div>
  )
}

/** What stands behind `#` in the link of a letter; taken out of the address at once. */
function useLetterToken() {
  const [token, setToken] = useState(() => globalThis.location.hash.slice(1) || undefined)
  useEffect(() => {
    if (globalThis.location.hash)
      history.replaceState(
        history.state,
        '',
        globalThis.location.pathname + globalThis.location.search,
      )
  }, [])
  return [token, setToken] as const
}
