import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../../say'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/admin/tail')({
  staticData: { title: (say) => say.console.tail },
  component: Tail,
})

function Tail() {
  const say = useSay()
  return <Page title={say.console.tail}>{null}</Page>
}
