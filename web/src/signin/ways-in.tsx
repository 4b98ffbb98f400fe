import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { listWaysOptions } from '../api/queries'
import type { WayOut } from '../api/types'
import { useDoorSay } from '../say'
import { buttonStyle } from '../ui/button'
import { Failure, Lines, Loading } from '../ui/states'
import { EmailForm } from './email-form'
import { type Sent, storedSent, storeSent } from './sent'

const codeForm = () => import('./code-form').then(({ CodeForm: component }) => component)
const CodeForm = lazy(async () => ({ default: await codeForm() }))
const PasswordForm = lazy(() =>
  import('./password-form').then(({ PasswordForm: component }) => ({ default: component })),
)

interface Props {
  /** Where somebody goes who comes in at an issuer. */
  returnTo: string
  /** Over a page that must stay as it is: an issuer is gone to in a tab beside it. */
  beside?: boolean
  /** Whether a letter is waited for; for a heading above. */
  onWaiting?: (isWaiting: boolean) => void
  /** They are in, by what was typed here. */
  onIn: () => void | Promise<void>
}

/** Every way in at this host: the organisation's doors, a code by e-mail, a password. */
export function WaysIn({ returnTo, beside = false, onWaiting, onIn }: Props) {
  const say = useDoorSay()
  const ways = useQuery({ ...listWaysOptions(), staleTime: Number.POSITIVE_INFINITY })
  const [email, setEmail] = useState(() => storedSent()?.email ?? '')
  const [sent, setSent] = useState(storedSent)
  const [byPassword, setByPassword] = useState(false)

  const keep = (next: Sent | undefined) => {
    storeSent(next)
    setSent(next)
    onWaiting?.(next !== undefined)
  }
  const enter = async () => {
    keep(undefined)
    await onIn()
  }

  if (ways.isPending) return <Coming />
  if (ways.isError) return <Failure error={ways.error} onRetry={() => void ways.refetch()} />

  const { items } = ways.data
  const issuers = items.filter((way) => way.start_url !== null)
  const local = items.find((way) => way.kind === 'local')
  if (sent && local)
    return (
      <Suspense fallback={<Coming />}>
        <CodeForm
          channel={local.slug}
          sent={sent}
          outbox={ways.data.outbox}
          onSent={keep}
          onIn={enter}
          onOther={() => keep(undefined)}
        />
      </Suspense>
    )
  return (
    <div className="grid gap-6">
      {issuers.length > 0 && (
        <div className="grid gap-3">
          {issuers.map((way) => (
            <IssuerLink key={way.slug} way={way} {...{ returnTo, beside }} />
          ))}
        </div>
      )}
      {issuers.length > 0 && local && <Or />}
      {local &&
        (byPassword ? (
          <Suspense fallback={<Coming />}>
            <PasswordForm
              channel={local.slug}
              email={email}
              onEmail={setEmail}
              onIn={enter}
              onCode={() => setByPassword(false)}
            />
          </Suspense>
        ) : (
          <EmailForm
            channel={local.slug}
            email={email}
            onEmail={setEmail}
            onSent={async (next) => {
              // The form for the code comes while the button still says that it asks.
              await codeForm()
              keep(next)
            }}
            onPassword={() => setByPassword(true)}
          />
        ))}
      {!local && issuers.length === 0 && <p className="text-ink-2">{say.signin.noWay}</p>}
    </div>
  )
}

function Coming() {
  return (
    <Loading>
      <Lines count={4} />
    </Loading>
  )
}

function IssuerLink({ way, returnTo, beside }: { way: WayOut; returnTo: string; beside: boolean }) {
  const say = useDoorSay()
  return (
    <a
      href={`${way.start_url}?${String(new URLSearchParams({ return_to: returnTo }))}`}
      {...(beside && { target: '_blank', rel: 'opener' })}
      className={buttonStyle('plain', 'w-full')}
    >
      {say.signin.continueWith(way.name)}
    </a>
  )
}

function Or() {
  const say = useDoorSay()
  return (
    <div className="flex items-center gap-4 text-label text-ink-3">
      <span aria-hidden className="h-px grow bg-line" />
      {say.signin.or}
      <span aria-hidden className="h-px grow bg-line" />
    </div>
  )
}
