import { createFileRoute } from '@tanstack/react-router'
import { DeadLettersPage } from '../../../admin/dead-letters-page'

export const Route = createFileRoute('/_app/admin/dead-letters')({
  staticData: { title: (say) => say.console?.deadLetters },
  validateSearch: (search): { settled?: true } =>
    search.settled === true ? { settled: true } : {},
  component: DeadLetters,
})

function DeadLetters() {
  return <DeadLettersPage settled={Route.useSearch().settled ?? false} />
}
