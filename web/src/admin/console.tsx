import { Outlet, useMatches } from '@tanstack/react-router'
import { useSay } from '../say'
import { Rail } from '../shell/rail'
import { useConsoleStream } from './stream'

const PAGES = [
  ['overview', 'overview'],
  ['queues', 'queues'],
  ['jobs', 'jobs'],
  ['holds', 'holds'],
  ['providers', 'providers'],
  ['dead-letters', 'deadLetters'],
  ['tail', 'tail'],
] as const

/** The frame of the operator's pages, and the stream that they share. */
export function Console() {
  const say = useSay()
  const isTail = useMatches().some(({ routeId }) => routeId === '/_app/admin/tail')
  useConsoleStream(isTail)
  const entries = PAGES.map(([path, name]) => ({ to: `/admin/${path}`, label: say.console[name] }))
  return (
    <Rail label={say.console.title} entries={entries}>
      <Outlet />
    </Rail>
  )
}
