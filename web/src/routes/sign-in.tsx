import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../say'
import { Page } from '../ui/page'

interface Search {
  /** Where one was on the way to. */
  next?: string
  /** Opened beside a page whose session ended: closes itself when done. */
  beside?: boolean
}

export const Route = createFileRoute('/sign-in')({
  validateSearch: (search: Record<string, unknown>): Search => ({
    ...(typeof search.next === 'string' &&
      /^\/(?![/\\])/.test(search.next) && { next: search.next }),
    ...(search.beside === true && { beside: true }),
  }),
  staticData: { title: (say) => say.signin.title },
  component: SignIn,
})

function SignIn() {
  const say = useSay()
  return <Page title={say.signin.title}>{null}</Page>
}
