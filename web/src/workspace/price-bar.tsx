import { useState } from 'react'
import type { EstimateOut, OperationOut } from '../api/types'
import type { Estimate } from '../form/estimate'
import { useLink } from '../live'
import { parse } from '../money'
import { useFormats, useSay } from '../say'
import { rangeOf } from '../task/sentence'
import { Button } from '../ui/button'
import { Credits } from '../ui/credits'
import { join } from '../ui/join'
import { ButtonLink } from '../ui/link'
import { Failure } from '../ui/states'
import { RequestDialog, type RequestOf } from './request-dialog'
import type { Submit } from './submit'

interface Props {
  operation: OperationOut
  estimate: Estimate
  submit: Submit
  /** Something else on the screen is to be done first. */
  isAside: boolean
  /** It was tried, and something is missing. */
  isIncomplete: boolean
  request: RequestOf
}

/** What it costs, line by line, and the one button that makes it. */
export function PriceBar(props: Props) {
  const { operation, estimate, submit, isAside, isIncomplete, request } = props
  const say = useSay()
  const [shown, setShown] = useState(false)
  const { data, isOld } = estimate
  return (
    <div
      data-submit-bar
      className={join(
        'border-t border-line bg-ground pt-3',
        'max-md:fixed max-md:inset-x-0 max-md:bottom-14 max-md:z-20 max-md:px-4 max-md:pb-3',
        'md:mx-5 md:pb-3',
      )}
    >
      <Trouble submit={submit} estimate={estimate} />
      {data && <PriceLines estimate={data} isOld={isOld} operation={operation} />}
      {!data && (
        <p className="mb-3 text-label text-ink-3">
          {estimate.error ? say.workspace.priceFailed : say.workspace.priceUnknown}
        </p>
      )}
      {isIncomplete && (
        <p className="mb-2 text-label font-semibold text-vermilion">{say.workspace.fixFirst}</p>
      )}
      <Submitting {...{ operation, estimate, submit, isAside }} />
      <div className="mt-1 hidden justify-center md:flex">
        <Button
          look="quiet"
          className="min-h-8! px-2! py-1! text-label! font-normal! text-ink-3!"
          onClick={() => setShown(true)}
        >
          {say.workspace.asRequest}
        </Button>
      </div>
      <RequestDialog open={shown} onOpenChange={setShown} request={request} />
    </div>
  )
}

function PriceLines({
  estimate,
  isOld,
  operation,
}: {
  estimate: EstimateOut
  isOld: boolean
  operation: OperationOut
}) {
  const say = useSay()
  const formats = useFormats()
  const takes = estimate.takes && rangeOf(estimate.takes, { say, formats })
  const wait = estimate.wait && estimate.ahead > 0 && rangeOf(estimate.wait, { say, formats })
  const times = [wait && say.workspace.starts(wait), takes && say.workspace.takes(takes)].filter(
    (each) => typeof each === 'string',
  )
  return (
    // What is asked for anew is paler, but can still be read.
    <div aria-busy={isOld} className={join('mb-3', isOld ? 'text-ink-3' : 'text-ink-2')}>
      <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-0.5 text-label">
        {estimate.lines.map((line, place) => {
          const what = (
            say.workspace.lines[line.unit] ?? ((n) => say.workspace.line(line.unit, n))
          )(line.count)
          return (
            <div key={`${line.phase} ${place}`} className="contents max-md:hidden">
              <dt>{line.held_now ? what : say.workspace.later(what)}</dt>
              <dd className={join('text-right', !isOld && 'text-ink')}>
                <Credits amount={line.amount} />
              </dd>
            </div>
          )
        })}
        {(estimate.lines.length > 1 || hasMetered(operation)) && (
          <>
            <dt>{say.workspace.heldNow}</dt>
            <dd className={join('text-right', !isOld && 'text-ink')}>
              <Credits amount={estimate.held} />
            </dd>
          </>
        )}
      </dl>
      {times.length > 0 && <p className="mt-1 text-label text-ink-3">{times.join(' · ')}</p>}
    </div>
  )
}

function hasMetered(operation: OperationOut): boolean {
  return operation.phases.some((phase) => phase.metered)
}

function Submitting({
  operation,
  estimate,
  submit,
  isAside,
}: Pick<Props, 'operation' | 'estimate' | 'submit' | 'isAside'>) {
  const say = useSay()
  const { credits } = useFormats()
  const { state } = useLink()
  const { data } = estimate
  const isShort = data && parse(data.available) < parse(data.held)
  if (isShort && !submit.isSending)
    return (
      <ButtonLink to="/wallet" className="w-full">
        {say.workspace.needed(credits(data.held, { digits: 0 }), credits(data.available))}
      </ButtonLink>
    )
  const first = data?.lines[0]
  const verb =
    first && (say.workspace.makes[first.unit] ?? (() => say.workspace.makeIt))(first.count)
  const label = verb ?? say.workspace.makeIt
  const price = data && say.workspace.upTo(credits(data.held, { digits: 0 }))
  return (
    <Button
      type="submit"
      look={isAside ? 'plain' : 'primary'}
      busy={submit.isSending}
      blocked={blockedBy(state === 'offline', operation.available, say)}
      className={join('min-h-11 w-full', isAside && ASIDE)}
      // The second click of a double click asks for nothing more.
      onClick={(event) => {
        if (event.detail > 1) event.preventDefault()
      }}
    >
      {submit.isSending ? say.workspace.submitting : [label, price].filter(Boolean).join(' · ')}
    </Button>
  )
}

/** On a phone the form has a screen of its own, and the button is the one thing to do there. */
const ASIDE = 'max-md:border-bole! max-md:bg-bole! max-md:text-on-bole!'

function blockedBy(isOffline: boolean, isAvailable: boolean, say: ReturnType<typeof useSay>) {
  if (isOffline) return say.workspace.offline
  return isAvailable ? undefined : say.workspace.unavailable('')
}

/** Why it was not taken in, and what one can do. */
function Trouble({ submit, estimate }: { submit: Submit; estimate: Estimate }) {
  const say = useSay()
  const { credits } = useFormats()
  const { problem } = submit
  const refused = estimate.error
  if (!problem) {
    const isTold = refused && !estimate.data && refused.status !== 422
    return isTold ? (
      <div className="mb-3">
        <Failure error={refused} onRetry={() => void estimate.ask()} />
      </div>
    ) : null
  }
  if (problem.code === 'price_changed') {
    const now = problem.facts.required
    const price = typeof now === 'string' ? credits(now, { digits: 0 }) : ''
    return (
      <p role="alert" className="mb-3 border-l-2 border-ochre pl-3 text-label">
        {say.workspace.priceChanged(price)}
      </p>
    )
  }
  return (
    <div className="mb-3">
      <Failure error={problem} />
      {problem.status === 0 && (
        <p className="mt-1 text-label text-ink-2">{say.workspace.lostAnswer}</p>
      )}
    </div>
  )
}
