import { createFileRoute, redirect } from '@tanstack/react-router'
import { whoIs } from '../shell/session'
import { useSay } from '../say'
import { Page } from '../ui/page'

export const Route = createFileRoute('/')({
  beforeLoad: async ({ context }) => {
    if (await whoIs(context.queryClient)) throw redirect({ to: '/workspace', replace: true })
  },
  component: Home,
})

function Home() {
  const say = useSay()
  return <Page title={say.shell.name}>{null}</Page>
}
