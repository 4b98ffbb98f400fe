import { CircleUser, History, PaintbrushVertical, Wallet } from 'lucide-react'
import { type ComponentType } from 'react'
import { useDoorSay } from '../say'
import { BareLink } from '../ui/link'

/** The four places of a phone, under the thumb. */
export function BottomBar() {
  const say = useDoorSay()
  return (
    <nav
      aria-label={say.shell.main}
      className="fixed inset-x-0 bottom-0 z-30 grid grid-cols-4 border-t border-line bg-ground pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      <Place to="/workspace" icon={PaintbrushVertical} label={say.shell.make} />
      <Place to="/history" icon={History} label={say.shell.history} />
      <Place to="/wallet" icon={Wallet} label={say.shell.wallet} />
      <Place to="/settings" icon={CircleUser} label={say.shell.me} />
    </nav>
  )
}

interface PlaceProps {
  to: '/workspace' | '/history' | '/wallet' | '/settings'
  icon: ComponentType<{ size: number; strokeWidth: number; 'aria-hidden': true }>
  label: string
}

function Place({ to, icon: Icon, label }: PlaceProps) {
  return (
    <BareLink
      to={to}
      className="flex h-14 flex-col items-center justify-center gap-0.5 border-t-2 border-transparent text-label text-ink-2"
      activeProps={{ className: 'border-t-bole! text-ink! font-semibold' }}
    >
      <Icon size={20} strokeWidth={1.5} aria-hidden />
      {label}
    </BareLink>
  )
}
