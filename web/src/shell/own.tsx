import { useQuery } from '@tanstack/react-query'
import { getWalletOptions } from '../api/queries'
import type { Me } from '../api/types'
import { STREAMED } from '../queries'
import { useDoorSay, useFormats } from '../say'
import { useFollowPreferences } from '../settings/preferences'
import { BareLink } from '../ui/link'
import { AccountMenu } from './account-menu'
import { Tray } from './tray'

/** The header's right half for somebody who is signed in. */
export function Own({ me }: { me: Me }) {
  useFollowPreferences()
  return (
    <>
      <Tray />
      <Balance />
      <AccountMenu me={me} />
    </>
  )
}

/** What can be spent, and what is held; it leads to the wallet. */
function Balance() {
  const say = useDoorSay()
  const { credits } = useFormats()
  const { data: wallet } = useQuery({ ...getWalletOptions(), ...STREAMED })
  if (!wallet) return <span className="w-24" />
  return (
    <BareLink to="/wallet" className="flex min-h-10 items-center gap-1.5 figures">
      <span className="font-semibold">{credits(wallet.available)}</span>
      <span className="hidden text-label text-ink-2 sm:inline">
        {say.shell.creditsWord}
        {/[1-9]/.test(wallet.frozen) &&
          ` · ${say.shell.held(credits(wallet.frozen, { digits: 0 }))}`}
      </span>
    </BareLink>
  )
}
