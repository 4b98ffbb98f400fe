import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../../say'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/settings/profile')({
  staticData: { title: (say) => say.settings.profile },
  component: Profile,
})

function Profile() {
  const say = useSay()
  return <Page title={say.settings.profile}>{null}</Page>
}
