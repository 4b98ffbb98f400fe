import { createFileRoute } from '@tanstack/react-router'
import { readSearch } from '../../history/filters'
import { HistoryPage } from '../../history/page'

export const Route = createFileRoute('/_app/history')({
  staticData: { title: (say) => say.shell.history },
  validateSearch: readSearch,
  component: History,
})

function History() {
  return <HistoryPage search={Route.useSearch()} />
}
