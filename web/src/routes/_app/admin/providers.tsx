import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../../say'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/admin/providers')({
  staticData: { title: (say) => say.console.providers },
  component: Providers,
})

function Providers() {
  const say = useSay()
  return <Page title={say.console.providers}>{null}</Page>
}
