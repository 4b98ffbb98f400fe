import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../../say'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/settings/shortcuts')({
  staticData: { title: (say) => say.settings.shortcuts },
  component: Shortcuts,
})

function Shortcuts() {
  const say = useSay()
  return <Page title={say.settings.shortcuts}>{null}</Page>
}
