import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { asProblem } from '../../../api'
import { useSay } from '../../../say'
import { Failed } from '../../../shell/failed'
import { operationsOptions } from '../../../task/operations'
import { taskOptions } from '../../../task/read'
import { TaskView } from '../../../task/task-view'
import { Link } from '../../../ui/link'

export const Route = createFileRoute('/_app/tasks/$id')({
  staticData: { title: (say) => say.task?.title },
  loader: async ({ context, params }) => {
    context.queryClient.query(operationsOptions()).catch(() => undefined)
    // Only that it is not there keeps the page away: the rest is the page's own to show.
    try {
      await context.queryClient.query({ ...taskOptions(params.id), staleTime: 'static' })
    } catch (error) {
      if (asProblem(error).status === 404) throw error
    }
  },
  errorComponent: Failed,
  component: TaskPage,
})

function TaskPage() {
  const say = useSay()
  const { id } = Route.useParams()
  const navigate = useNavigate()
  const show = (next: string) => void navigate({ to: '/tasks/$id', params: { id: next } })
  return (
    <div className="mx-auto flex max-w-[72rem] flex-col gap-4 px-4 py-5 md:px-6">
      <p className="text-label">
        <Link to="/workspace" search={{ task: id, view: 'result' }}>
          {say.task.backToMake}
        </Link>
      </p>
      <TaskView id={id} onShow={show} />
    </div>
  )
}
