import { createFileRoute } from '@tanstack/react-router'
import { OverviewPage } from '../../../admin/overview-page'

export const Route = createFileRoute('/_app/admin/overview')({
  staticData: { title: (say) => say.console?.overview },
  component: OverviewPage,
})
