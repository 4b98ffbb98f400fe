import { lazy, Suspense, useState } from 'react'
import { useShortcut } from '../keys'
import { useDoorSay } from '../say'
import { useMe } from '../shell/session'

const Palette = lazy(() =>
  import('./palette').then(({ Palette: component }) => ({ default: component })),
)

/** Waits for ⌘ K or Ctrl K, which goes anywhere by a few letters. */
export function CommandPalette() {
  const say = useDoorSay()
  const me = useMe()
  const [isOpen, setOpen] = useState(false)
  useShortcut(
    { id: 'palette', keys: 'Mod+k', label: say.shell.keyPalette, group: say.shell.navigation },
    me ? () => setOpen(true) : undefined,
  )
  return (
    isOpen &&
    me && (
      <Suspense>
        <Palette me={me} onClose={() => setOpen(false)} />
      </Suspense>
    )
  )
}
