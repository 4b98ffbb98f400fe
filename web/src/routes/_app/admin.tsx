import { createFileRoute, notFound, Outlet } from '@tanstack/react-router'
import { useSay } from '../../say'
import { Rail } from '../../shell/rail'
import { isOperator } from '../../shell/session'

/** The operator's console; for everybody else it is not there. */
export const Route = createFileRoute('/_app/admin')({
  staticData: { title: (say) => say.console.title },
  beforeLoad: ({ context }) => {
    if (!isOperator(context.me)) throw notFound()
  },
  component: Console,
})

function Console() {
  const say = useSay()
  const names = ['queues', 'providers', 'jobs', 'tail'] as const
  const entries = names.map((name) => ({ to: `/admin/${name}`, label: say.console[name] }))
  return (
    <Rail label={say.console.title} entries={entries}>
      <Outlet />
    </Rail>
  )
}
