import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../../say'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/settings/appearance')({
  staticData: { title: (say) => say.settings.appearance },
  component: Appearance,
})

function Appearance() {
  const say = useSay()
  return <Page title={say.settings.appearance}>{null}</Page>
}
