import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { cancelPayment, listPayments } from '../api/calls'
import type { PaymentOut } from '../api/types'
import { useLanguage, useSay } from '../say'
import { Button, buttonStyle } from '../ui/button'
import { CopyButton } from '../ui/copy'
import { Failure } from '../ui/states'
import { Time } from '../ui/time'
import { priceOf } from './price'

/** What was begun and is not paid yet: go on with it, or call it off. */
export function OpenPayments({ rev }: { rev: number }) {
  const say = useSay()
  const payments = useQuery({
    queryKey: ['wallet', 'payments', rev],
    queryFn: async ({ signal }) => (await listPayments({ query: { limit: 20 }, signal })).data,
    placeholderData: keepPreviousData,
  })
  const open = payments.data?.items.filter(
    ({ status }) => status === 'created' || status === 'pending',
  )
  if (!open?.length) return null
  return (
    <section aria-labelledby="payments">
      <h2 id="payments" className="mb-3">
        {say.wallet.openPayments}
      </h2>
      <ul className="border-t border-line">
        {open.map((payment) => (
          <OpenPayment key={payment.id} payment={payment} />
        ))}
      </ul>
    </section>
  )
}

function OpenPayment({ payment }: { payment: PaymentOut }) {
  const say = useSay()
  const [language] = useLanguage()
  const queryClient = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => cancelPayment({ path: { payment_id: payment.id } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['wallet', 'payments'] }),
  })
  return (
    <li className="border-b border-line py-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div>
          <p>
            {payment.title} · {priceOf(payment.amount, payment.currency, language)}
          </p>
          <p className="text-label text-ink-2">
            <span className="font-semibold text-ochre">
              <span aria-hidden>▲ </span>
              {say.wallet.paymentStatus[payment.status]}
            </span>{' '}
            · <Time at={payment.created_at} />
          </p>
        </div>
        <div className="flex gap-3">
          {payment.url && (
            <a href={payment.url} className={buttonStyle('plain')}>
              {say.wallet.payNow}
            </a>
          )}
          <Button look="quiet" busy={cancel.isPending} onClick={() => cancel.mutate()}>
            {cancel.isPending ? say.shell.asking : say.wallet.cancelPayment}
          </Button>
        </div>
      </div>
      {payment.instructions && <TransferNote payment={payment} />}
      {cancel.isError && <Failure error={cancel.error} />}
    </li>
  )
}

/** Where the money of a transfer goes to, and the words by which it is known. */
export function TransferNote({ payment }: { payment: PaymentOut }) {
  const say = useSay()
  return (
    <div className="mt-2 grid gap-2">
      {payment.instructions && (
        <p dir="auto" className="max-w-measure whitespace-pre-line">
          {payment.instructions}
        </p>
      )}
      <p className="text-label text-ink-2">
        {say.wallet.reference} <code className="font-mono text-ink">{payment.id}</code>{' '}
        <CopyButton text={payment.id} />
      </p>
    </div>
  )
}
