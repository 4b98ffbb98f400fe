import { Suspense } from 'react'
import { useMatches } from '@tanstack/react-router'
import { useDoorSay } from '../say'
import { join } from '../ui/join'
import { BareLink, ButtonLink } from '../ui/link'
import { Mark } from '../ui/mark'
import { Own } from './lazy'
import { isOperator, useMe } from './session'
import { useUnderWay } from './under-way'

/** The header of every page; in the console its ground is sunk and says so. */
export function Header() {
  const say = useDoorSay()
  const me = useMe()
  const inConsole = useMatches().some((match) => match.routeId === '/_app/admin')
  const working = useUnderWay().length > 0
  return (
    <header
      className={join(
        'sticky top-0 z-30 flex h-14 items-center gap-6 border-b border-line px-4 md:px-5',
        inConsole ? 'bg-sunk' : 'bg-ground',
      )}
    >
      <BareLink to="/" className="flex items-center gap-2 font-serif text-section">
        <Mark working={working} />
        {say.shell.name}
      </BareLink>
      {inConsole && (
        <span className="text-label font-semibold text-ink-2 md:hidden">{say.shell.console}</span>
      )}
      {me && (
        <nav aria-label={say.shell.main} className="hidden h-full gap-5 md:flex">
          <Place to="/workspace">{say.shell.workspace}</Place>
          <Place to="/history">{say.shell.history}</Place>
          {isOperator(me) && <Place to="/admin">{say.shell.console}</Place>}
        </nav>
      )}
      <div className="ml-auto flex items-center gap-2 md:gap-4">
        {me && (
          <Suspense fallback={<span className="h-10 w-40" />}>
            <Own me={me} />
          </Suspense>
        )}
        {me === null && <SignInLink />}
      </div>
    </header>
  )
}

function Place({ to, children }: { to: '/workspace' | '/history' | '/admin'; children: string }) {
  return (
    <BareLink
      to={to}
      className="flex items-center border-b-2 border-transparent pt-0.5 text-ink-2 hover:text-ink"
      activeProps={{ className: 'border-b-bole! text-ink! font-semibold' }}
    >
      {children}
    </BareLink>
  )
}

function SignInLink() {
  const say = useDoorSay()
  return <ButtonLink to="/sign-in">{say.shell.signIn}</ButtonLink>
}
