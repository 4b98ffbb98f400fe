import { createFileRoute, Outlet, redirect } from '@tanstack/react-router'
import { catalogueOf, preferredLanguage } from '../say'
import { whoIs } from '../shell/session'

/** Every page below needs somebody who is signed in. */
export const Route = createFileRoute('/_app')({
  beforeLoad: async ({ context, location }) => {
    const me = await whoIs(context.queryClient)
    if (!me) throw redirect({ to: '/sign-in', search: { next: location.href } })
    await catalogueOf(preferredLanguage())
    return { me }
  },
  component: Outlet,
})
