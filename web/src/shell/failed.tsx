import type { ErrorComponentProps } from '@tanstack/react-router'
import { useRouter } from '@tanstack/react-router'
import { asProblem } from '../api'
import { useDoorSay } from '../say'
import { Failure } from '../ui/states'
import { NotFound } from './not-found'

/** A page that could not be shown. */
export function Failed({ error, reset }: ErrorComponentProps) {
  const say = useDoorSay()
  const router = useRouter()
  if (asProblem(error).status === 404) return <NotFound />
  const again = () => {
    reset()
    void router.invalidate()
  }
  return (
    <div className="mx-auto flex max-w-measure flex-col gap-4 px-4 py-18">
      <h1>{say.shell.failedTitle}</h1>
      <Failure error={error} onRetry={again} />
    </div>
  )
}
