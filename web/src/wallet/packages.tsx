import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, newKey, onceOnly } from '../api'
import { buy } from '../api/calls'
import { listGatewaysOptions, listPackagesOptions } from '../api/queries'
import type { GatewayOut, PackageOut, PaymentOut } from '../api/types'
import { useFormats, useLanguage, useSay } from '../say'
import { Button } from '../ui/button'
import { Choice } from '../ui/choice'
import { Dialog } from '../ui/dialog'
import { Failure } from '../ui/states'
import { priceOf } from './price'
import { TransferNote } from './payments'

/** What is for sale, where anything is and it can be paid. */
export function useSale() {
  const packages = useQuery(listPackagesOptions({ query: { limit: 100 } }))
  const gateways = useQuery(listGatewaysOptions())
  const isOpen = Boolean(packages.data?.items.length && gateways.data?.length)
  return { packages, gateways, isOpen }
}

/** Choose a package, and go and pay for it. */
export function BuyDialog({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const say = useSay()
  const { packages, gateways } = useSale()
  const ways = gateways.data ?? []
  const [chosen, setChosen] = useState<string>()
  const gateway = ways.find((each) => each.name === chosen) ?? ways[0]
  const [waiting, setWaiting] = useState<PaymentOut>()

  return (
    <Dialog
      open
      wide
      onOpenChange={onOpenChange}
      title={waiting ? say.wallet.transfer : say.wallet.buyTitle}
      description={waiting ? say.wallet.transferLead : say.wallet.buyLead}
    >
      {waiting ? (
        <TransferNote payment={waiting} />
      ) : (
        <>
          {ways.length > 1 && gateway && (
            <Choice
              label={say.wallet.payBy}
              value={gateway.name}
              onChoose={setChosen}
              options={ways.map(({ name }) => ({
                value: name,
                label: say.wallet.gatewayNames[name] ?? name,
              }))}
              className="mb-4"
            />
          )}
          <ul className="border-t border-line">
            {packages.data?.items.map((each) => (
              <Offer key={each.id} offer={each} gateway={gateway} onWaiting={setWaiting} />
            ))}
          </ul>
        </>
      )}
    </Dialog>
  )
}

interface OfferProps {
  offer: PackageOut
  gateway: GatewayOut | undefined
  /** It is paid in some other way than at a page: say how. */
  onWaiting: (payment: PaymentOut) => void
}

function Offer({ offer, gateway, onWaiting }: OfferProps) {
  const say = useSay()
  const { credits } = useFormats()
  const [language] = useLanguage()
  const queryClient = useQueryClient()
  const [key] = useState(newKey)
  const order = useMutation({
    mutationFn: async () =>
      (
        await buy({
          body: {
            package: offer.id,
            version: offer.version,
            ...(gateway && { gateway: gateway.name }),
          },
          headers: onceOnly(`${key}-${offer.version}-${gateway?.name ?? ''}`),
        })
      ).data,
    onSuccess: (payment) => {
      void queryClient.invalidateQueries({ queryKey: ['wallet', 'payments'] })
      if (payment.url) globalThis.location.assign(payment.url)
      else onWaiting(payment)
    },
    onError: (error) => {
      if (/^package_/.test(asProblem(error).code))
        void queryClient.invalidateQueries({ queryKey: listPackagesOptions().queryKey })
    },
  })
  const isChanged = order.isError && asProblem(order.error).code === 'package_changed'
  const facts = [
    /[1-9]/.test(offer.bonus) && say.wallet.bonus(credits(offer.bonus, { digits: 0 })),
    offer.expires_days && say.wallet.expiresIn(offer.expires_days),
  ].filter(Boolean)

  return (
    <li className="border-b border-line py-3">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <div>
          <p className="font-serif text-section">{offer.name}</p>
          <p className="text-label text-ink-2 figures">
            {[say.wallet.credits(credits(offer.total, { digits: 0 })), ...facts].join(' · ')}
          </p>
        </div>
        <Button busy={order.isPending || order.isSuccess} onClick={() => order.mutate()}>
          {order.isPending
            ? say.shell.asking
            : say.wallet.buyFor(priceOf(offer.price, offer.currency, language))}
        </Button>
      </div>
      {isChanged && (
        <p role="alert" className="mt-2 text-label font-semibold text-ochre">
          {say.wallet.packageChanged}
        </p>
      )}
      {order.isError && !isChanged && (
        <div className="mt-2">
          <Failure error={order.error} />
        </div>
      )}
    </li>
  )
}
