import { createFileRoute } from '@tanstack/react-router'
import { QueuesPage } from '../../../admin/queues-page'

export const Route = createFileRoute('/_app/admin/queues')({
  staticData: { title: (say) => say.console?.queues },
  component: QueuesPage,
})
