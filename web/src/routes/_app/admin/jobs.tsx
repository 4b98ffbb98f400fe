import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../../say'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/admin/jobs')({
  staticData: { title: (say) => say.console.jobs },
  component: Jobs,
})

function Jobs() {
  const say = useSay()
  return <Page title={say.console.jobs}>{null}</Page>
}
