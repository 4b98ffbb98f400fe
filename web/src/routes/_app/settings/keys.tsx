import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../../say'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/settings/keys')({
  staticData: { title: (say) => say.settings.keys },
  component: Keys,
})

function Keys() {
  const say = useSay()
  return <Page title={say.settings.keys}>{null}</Page>
}
