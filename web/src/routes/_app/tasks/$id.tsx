import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../../say'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/tasks/$id')({
  staticData: { title: (say) => say.task.title },
  component: TaskPage,
})

function TaskPage() {
  const say = useSay()
  return <Page title={say.task.title}>{null}</Page>
}
