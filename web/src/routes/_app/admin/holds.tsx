import { createFileRoute } from '@tanstack/react-router'
import { HoldsPage } from '../../../admin/holds-page'

export const Route = createFileRoute('/_app/admin/holds')({
  staticData: { title: (say) => say.console?.holds },
  component: HoldsPage,
})
