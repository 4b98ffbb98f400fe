import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  Outlet,
  useMatches,
  useNavigate,
  useRouterState,
} from '@tanstack/react-router'
import { Suspense, useEffect, useRef } from 'react'
import { KeyMap, useShortcut } from '../keys'
import { CommandPalette } from '../palette'
import { useDoorSay, useSaid } from '../say'
import { BottomBar } from '../shell/lazy'
import { Header } from '../shell/header'
import { LinkBar } from '../shell/link-bar'
import { NotFound } from '../shell/not-found'
import { useMe, whoIs } from '../shell/session'
import { SessionEnded } from '../shell/session-ended'
import { useUnderWay } from '../shell/under-way'

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  beforeLoad: ({ context }) => whoIs(context.queryClient),
  component: Shell,
  notFoundComponent: NotFound,
})

function Shell() {
  const say = useDoorSay()
  const me = useMe()
  useTitle()
  useGoing()
  const main = useFocusOnArrival()
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-control bg-panel px-4 py-2 shadow-layer focus:translate-y-0"
      >
        {say.shell.skip}
      </a>
      <Header />
      <LinkBar />
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        className={`grow outline-none ${me ? 'pb-16 md:pb-0' : ''}`}
      >
        <Outlet />
      </main>
      {me && (
        <Suspense>
          <BottomBar />
        </Suspense>
      )}
      <KeyMap />
      <CommandPalette />
      <SessionEnded />
    </div>
  )
}

/** The window's name: what runs, the page, gesso. */
function useTitle() {
  const said = useSaid()
  const title = useMatches()
    .findLast((match) => match.staticData.title)
    ?.staticData.title?.(said)
  const count = useUnderWay().length
  useEffect(() => {
    const parts = [count > 0 && `◐ ${count}`, title, said.shell.name]
    document.title = parts.filter(Boolean).join(' · ')
  }, [said, title, count])
}

/** `g w` and the like go to places. */
function useGoing() {
  const say = useDoorSay()
  const me = useMe()
  const navigate = useNavigate()
  const group = say.shell.navigation
  const to = (place: '/workspace' | '/history' | '/wallet') =>
    me ? () => void navigate({ to: place }) : undefined
  useShortcut(
    { id: 'go.workspace', keys: 'g w', label: say.shell.keyWorkspace, group },
    to('/workspace'),
  )
  useShortcut({ id: 'go.history', keys: 'g h', label: say.shell.keyHistory, group }, to('/history'))
  useShortcut({ id: 'go.wallet', keys: 'g $', label: say.shell.keyWallet, group }, to('/wallet'))
}

/** A new page takes the focus, so that keyboard and screen reader begin at its top. */
function useFocusOnArrival() {
  const main = useRef<HTMLElement>(null)
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname })
  const first = useRef(true)
  useEffect(() => {
    if (path === undefined) return
    if (!first.current && !main.current?.contains(document.activeElement))
      main.current?.focus({ preventScroll: true })
    first.current = false
  }, [path])
  return main
}
