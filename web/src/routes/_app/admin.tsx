import { createFileRoute, notFound } from '@tanstack/react-router'
import { Console } from '../../admin/console'
import { isOperator } from '../../shell/session'

/** The operator's console; for everybody else it is not there. */
export const Route = createFileRoute('/_app/admin')({
  staticData: { title: (say) => say.console?.title },
  beforeLoad: ({ context }) => {
    if (!isOperator(context.me)) throw notFound()
  },
  component: Console,
})
