import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../say'
import { Page } from '../../ui/page'

export const Route = createFileRoute('/_app/history')({
  staticData: { title: (say) => say.history.title },
  component: History,
})

function History() {
  const say = useSay()
  return <Page title={say.history.title}>{null}</Page>
}
