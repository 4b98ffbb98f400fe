import { createFileRoute } from '@tanstack/react-router'
import { JobsPage } from '../../../admin/jobs-page'
import { readJobsSearch } from '../../../admin/jobs-search'

export const Route = createFileRoute('/_app/admin/jobs')({
  staticData: { title: (say) => say.console?.jobs },
  validateSearch: readJobsSearch,
  component: Jobs,
})

function Jobs() {
  return <JobsPage search={Route.useSearch()} />
}
