import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getAlert, listLots } from '../api/calls'
import type { WalletOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { Credits } from '../ui/credits'

/** What can be spent, what is held, and that both together are what is posted. */
export function Balance({ wallet }: { wallet: WalletOut }) {
  const say = useSay()
  return (
    <section aria-label={say.shell.wallet}>
      <dl className="flex flex-wrap items-end gap-x-8 gap-y-4">
        <Part name={say.wallet.available} amount={wallet.available} isMain />
        <Sign>+</Sign>
        <Part name={say.wallet.heldWord} amount={wallet.frozen} />
        <Sign>=</Sign>
        <Part name={say.wallet.posted} amount={wallet.total} />
      </dl>
      <Notices rev={wallet.rev} />
    </section>
  )
}

function Part({
  name,
  amount,
  isMain = false,
}: {
  name: string
  amount: string
  isMain?: boolean
}) {
  return (
    <div className="flex flex-col-reverse">
      <dt className="text-label text-ink-2">{name}</dt>
      <dd className={isMain ? 'font-serif text-home' : 'font-serif text-title text-ink-2'}>
        <Credits amount={amount} />
      </dd>
    </div>
  )
}

function Sign({ children }: { children: string }) {
  return (
    <span aria-hidden className="hidden pb-5 font-serif text-section text-ink-3 sm:block">
      {children}
    </span>
  )
}

/** What one should know of it: it is low, some of it expires. */
function Notices({ rev }: { rev: number }) {
  const say = useSay()
  const { credits, date } = useFormats()
  const alert = useQuery({
    queryKey: ['wallet', 'alert', rev],
    queryFn: async ({ signal }) => (await getAlert({ signal })).data,
    placeholderData: keepPreviousData,
  })
  const lots = useQuery({
    queryKey: ['wallet', 'lots', rev],
    queryFn: async ({ signal }) => (await listLots({ signal })).data,
    placeholderData: keepPreviousData,
  })
  const soonest = lots.data?.items.find((each) => /[1-9]/.test(each.left))
  const said = [
    alert.data?.is_low && alert.data.below && say.wallet.low(credits(alert.data.below)),
    soonest && say.wallet.expiring(credits(soonest.left), date(soonest.expires_at)),
  ].filter((each): each is string => Boolean(each))
  if (said.length === 0) return null
  return (
    <ul className="mt-3 grid gap-1 text-label font-semibold text-ochre">
      {said.map((sentence) => (
        <li key={sentence}>
          <span aria-hidden>▲ </span>
          {sentence}
        </li>
      ))}
    </ul>
  )
}
