import { createFileRoute } from '@tanstack/react-router'
import { useSay } from '../../say'
import { Page } from '../../ui/page'

export const Route = createFileRoute('/_app/wallet')({
  staticData: { title: (say) => say.wallet.title },
  component: Wallet,
})

function Wallet() {
  const say = useSay()
  return <Page title={say.wallet.title}>{null}</Page>
}
