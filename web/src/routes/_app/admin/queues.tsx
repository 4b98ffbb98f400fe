import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../../say'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/admin/queues')({
  staticData: { title: (say) => say.console.queues },
  component: Queues,
})

function Queues() {
  const say = useSay()
  return <Page title={say.console.queues}>{null}</Page>
}
