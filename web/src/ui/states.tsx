import { type ComponentType, lazy, type ReactNode, Suspense } from 'react'
import { asProblem, type Problem } from '../api'
import { useDoorSay, useFormats } from '../say'
import { Button } from './button'

export { Lines, Loading } from './loading'

/** Fetched once it is wanted; a failure is told without it, should that fail too. */
const CopyButton = lazy<ComponentType<{ text: string; label: string }>>(() =>
  import('./copy').then(
    ({ CopyButton: component }) => ({ default: component }),
    () => ({ default: () => null }),
  ),
)

interface EmptyProps {
  /** One sentence on what will be here. */
  children: ReactNode
  /** The one action that fills it. */
  action?: ReactNode
}

/** Nothing is here yet. */
export function Empty({ children, action }: EmptyProps) {
  return (
    <div className="flex max-w-measure flex-col items-start gap-4 py-8 text-ink-2">
      <p>{children}</p>
      {action}
    </div>
  )
}

interface FailureProps {
  error: unknown
  onRetry?: (() => void) | undefined
  /** What could not be done; otherwise what went wrong stands alone. */
  title?: ReactNode
}

/** What happened, whether money moved, what one can do, and the trace id. */
export function Failure({ error, onRetry, title }: FailureProps) {
  const say = useDoorSay()
  const problem = asProblem(error)
  return (
    <div role="alert" className="max-w-measure border-l-2 border-vermilion py-1 pl-4">
      {title !== undefined && <p className="font-semibold">{title}</p>}
      <p>{useSentence(problem)}</p>
      <div className="mt-2 flex flex-wrap items-center gap-3 text-label text-ink-3">
        {onRetry && <Button onClick={onRetry}>{say.shell.tryAgain}</Button>}
        <code className="font-mono">{problem.code}</code>
        {problem.traceId && (
          <span>
            {say.shell.traceId} <code className="font-mono">{problem.traceId.slice(0, 8)}…</code>{' '}
            <Suspense>
              <CopyButton text={problem.traceId} label={`${say.shell.copy} ${say.shell.traceId}`} />
            </Suspense>
          </span>
        )}
      </div>
    </div>
  )
}

/** A problem in a sentence or two: what, when to try again, what became of the money. */
export function useSentence(problem: Problem): string {
  const say = useDoorSay()
  const formats = useFormats()
  const said = [say.errors.byCode[problem.code] ?? problem.detail]
  if (problem.retryAfter) said.push(say.errors.retryIn(problem.retryAfter))
  if (problem.money) {
    const { charged, released, held } = problem.money
    const moved = [
      isSome(charged) && say.errors.moneyCharged(formats.credits(charged)),
      isSome(released) && say.errors.moneyReleased(formats.credits(released)),
      isSome(held) && say.errors.moneyHeld(formats.credits(held)),
    ].filter((each) => each !== false)
    said.push(...(moved.length ? moved : [say.errors.moneyNone]))
  }
  return said.join(' ')
}

function isSome(amount: string): boolean {
  return /[1-9]/.test(amount)
}
