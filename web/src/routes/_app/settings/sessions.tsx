import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../../say'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/settings/sessions')({
  staticData: { title: (say) => say.settings.sessions },
  component: Sessions,
})

function Sessions() {
  const say = useSay()
  return <Page title={say.settings.sessions}>{null}</Page>
}
