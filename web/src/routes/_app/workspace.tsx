import { createFileRoute } from '@tanstack/react-router'
import { operationsOptions } from '../../task/operations'
import { latestOptions } from '../../task/read'
import { Workspace, type WorkspaceSearch } from '../../workspace/workspace'

const text = (value: unknown) => (typeof value === 'string' && value ? value : undefined)

export const Route = createFileRoute('/_app/workspace')({
  staticData: { title: (say) => say.shell.workspace },
  validateSearch: (search: Record<string, unknown>): WorkspaceSearch => ({
    ...(text(search.op) && { op: text(search.op)! }),
    ...(text(search.from) && { from: text(search.from)! }),
    ...(text(search.input) && { input: text(search.input)! }),
    ...(text(search.task) && { task: text(search.task)! }),
    ...((search.view === 'make' || search.view === 'result') && { view: search.view }),
  }),
  loader: ({ context }) => {
    // Begun while the page's code is fetched; the page itself shows what is there.
    context.queryClient.query(operationsOptions()).catch(() => undefined)
    context.queryClient.query(latestOptions()).catch(() => undefined)
  },
  component: WorkspacePage,
})

function WorkspacePage() {
  return <Workspace search={Route.useSearch()} />
}
