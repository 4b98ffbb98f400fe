import { useQuery } from '@tanstack/react-query'
import { createFileRoute, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { getWalletOptions } from '../../api/queries'
import type { WalletOut } from '../../api/types'
import { STREAMED } from '../../queries'
import { useSay } from '../../say'
import { Button } from '../../ui/button'
import { Page } from '../../ui/page'
import { Failure, Lines, Loading } from '../../ui/states'
import { Balance } from '../../wallet/balance'
import { BalanceChart } from '../../wallet/balance-chart'
import { CsvButton } from '../../wallet/csv'
import { filtersOf } from '../../wallet/filters'
import { Holds } from '../../wallet/holds'
import { useSale } from '../../wallet/packages'
import { OpenPayments } from '../../wallet/payments'
import { Statement } from '../../wallet/statement'
import { StatementFilters } from '../../wallet/statement-filters'

const RedeemDialog = lazy(() =>
  import('../../wallet/redeem').then(({ RedeemDialog: component }) => ({ default: component })),
)
const BuyDialog = lazy(() =>
  import('../../wallet/packages').then(({ BuyDialog: component }) => ({ default: component })),
)

export const Route = createFileRoute('/_app/wallet')({
  validateSearch: filtersOf,
  staticData: { title: (say) => say.shell.wallet },
  component: Wallet,
})

/** What there is, what is held and for what, and where it went. */
function Wallet() {
  const say = useSay()
  const wallet = useQuery({ ...getWalletOptions(), ...STREAMED })
  return (
    <Page title={say.shell.wallet} aside={<Actions />}>
      {wallet.isPending && (
        <Loading>
          <div className="mb-10 h-17 w-80 max-w-full tooth" />
          <Lines count={8} />
        </Loading>
      )}
      {wallet.isError && !wallet.data && (
        <Failure
          title={say.errors.couldNotLoad}
          error={wallet.error}
          onRetry={() => void wallet.refetch()}
        />
      )}
      {wallet.data && <Books wallet={wallet.data} />}
    </Page>
  )
}

function Books({ wallet }: { wallet: WalletOut }) {
  const say = useSay()
  const filters = Route.useSearch()
  const navigate = useNavigate({ from: Route.fullPath })
  return (
    <div className="grid gap-10">
      <Balance wallet={wallet} />
      <OpenPayments rev={wallet.rev} />
      {/[1-9]/.test(wallet.frozen) && <Holds rev={wallet.rev} />}
      <BalanceChart rev={wallet.rev} />
      <section aria-labelledby="statement">
        <div className="mb-3 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
          <h2 id="statement" className="w-full">
            {say.wallet.statement}
          </h2>
          <StatementFilters
            filters={filters}
            onChange={(search) => void navigate({ search, replace: true, resetScroll: false })}
          />
          <CsvButton filters={filters} />
        </div>
        <Statement filters={filters} rev={wallet.rev} />
      </section>
    </div>
  )
}

/** Ways to more credits: those that there are here. */
function Actions() {
  const say = useSay()
  const [open, setOpen] = useState<'redeem' | 'buy'>()
  const { isOpen: canBuy } = useSale()
  const onOpenChange = (next: boolean) => {
    if (!next) setOpen(undefined)
  }
  return (
    <div className="flex flex-wrap gap-3">
      <Button onClick={() => setOpen('redeem')}>{say.wallet.redeem}</Button>
      {canBuy && (
        <Button look="primary" onClick={() => setOpen('buy')}>
          {say.wallet.buy}
        </Button>
      )}
      <Suspense>
        {open === 'redeem' && <RedeemDialog onOpenChange={onOpenChange} />}
        {open === 'buy' && <BuyDialog onOpenChange={onOpenChange} />}
      </Suspense>
    </div>
  )
}
