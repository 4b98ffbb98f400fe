import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../../say'
import { AboutYou } from '../../../settings/about-you'
import { DeleteAccount } from '../../../settings/delete-account'
import { ExportAccount } from '../../../settings/export-account'
import { Identities } from '../../../settings/identities'
import { PasswordSection } from '../../../settings/password'
import { useMe } from '../../../shell/session'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/settings/profile')({
  staticData: { title: (say) => say.settings?.profile },
  component: Profile,
})

/** Who one is here, how one gets in, and all of it to take along or to end. */
function Profile() {
  const say = useSay()
  const { me: first } = Route.useRouteContext()
  const me = useMe() ?? first
  return (
    <Page title={say.settings.profile}>
      <div>
        <AboutYou me={me} />
        <Identities />
        <PasswordSection />
        <ExportAccount />
        <DeleteAccount me={me} />
      </div>
    </Page>
  )
}
