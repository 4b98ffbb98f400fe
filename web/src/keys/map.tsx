import { lazy, Suspense, useSyncExternalStore } from 'react'
import { useDoorSay } from '../say'
import { useShortcut } from './shortcut'

const KeyList = lazy(() =>
  import('./list').then(({ KeyList: component }) => ({ default: component })),
)

const listeners = new Set<() => void>()
let open = false

function setOpen(next: boolean): void {
  open = next
  for (const listener of listeners) listener()
}

/** Show the list of shortcuts. */
export function openKeyMap(): void {
  setOpen(true)
}

/** Waits for `?`, which shows the list of every shortcut that acts on this page. */
export function KeyMap() {
  const say = useDoorSay()
  const isOpen = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => open,
  )
  useShortcut(
    { id: 'help', keys: '?', label: say.shell.keyHelp, group: say.shell.navigation },
    openKeyMap,
  )
  return (
    isOpen && (
      <Suspense>
        <KeyList onOpenChange={setOpen} />
      </Suspense>
    )
  )
}
