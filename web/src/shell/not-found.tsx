import { useDoorSay } from '../say'
import { ButtonLink } from '../ui/link'

/** An unknown address, or a thing of somebody else's: they look the same. */
export function NotFound() {
  const say = useDoorSay()
  return (
    <div className="mx-auto flex max-w-measure flex-col items-start gap-4 px-4 py-18">
      <h1>{say.shell.notFoundTitle}</h1>
      <p className="text-ink-2">{say.shell.notFound}</p>
      <ButtonLink to="/">{say.shell.toStart}</ButtonLink>
    </div>
  )
}
