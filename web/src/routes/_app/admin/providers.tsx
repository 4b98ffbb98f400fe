import { createFileRoute } from '@tanstack/react-router'
import { ProvidersPage } from '../../../admin/providers-page'

export const Route = createFileRoute('/_app/admin/providers')({
  staticData: { title: (say) => say.console?.providers },
  component: ProvidersPage,
})
