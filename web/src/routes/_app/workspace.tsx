import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../say'
import { Page } from '../../ui/page'

export const Route = createFileRoute('/_app/workspace')({
  staticData: { title: (say) => say.workspace.title },
  component: Workspace,
})

function Workspace() {
  const say = useSay()
  return <Page title={say.workspace.title}>{null}</Page>
}
