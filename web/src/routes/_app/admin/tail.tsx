import { createFileRoute } from '@tanstack/react-router'
import { TailPage } from '../../../admin/tail-page'

export const Route = createFileRoute('/_app/admin/tail')({
  staticData: { title: (say) => say.console?.tail },
  validateSearch: ({ filter }): { filter?: string } =>
    typeof filter === 'string' && filter ? { filter } : {},
  component: Tail,
})

function Tail() {
  return <TailPage filter={Route.useSearch().filter ?? ''} />
}
