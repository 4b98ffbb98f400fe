import { useDoorSay } from '../say'
import { Dialog } from '../ui/dialog'
import { KeyNames } from './names'
import { useShortcutSettings } from './settings'
import { keysOf, type Shortcut, useShortcuts } from './shortcut'

/** Every shortcut that acts on this page, by heading. */
export function KeyList({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const say = useDoorSay()
  const shortcuts = useShortcuts()
  const { singleKeys } = useShortcutSettings()
  const groups = Map.groupBy(unique(shortcuts), (each) => each.group)
  return (
    <Dialog open onOpenChange={onOpenChange} title={say.shell.keysTitle} wide>
      <p className="text-label text-ink-3">{singleKeys ? say.shell.keysHint : say.shell.keyOff}</p>
      <div className="mt-4 grid gap-x-12 gap-y-6 sm:grid-cols-2">
        {[...groups].map(([group, each]) => (
          <section key={group}>
            <h3 className="mb-1 text-label font-semibold text-ink-2">{group}</h3>
            <dl>
              {each.map((shortcut) => (
                <Row key={shortcut.id} shortcut={shortcut} />
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

function Row({ shortcut }: { shortcut: Shortcut }) {
  return (
    <div className="flex min-h-9 items-center justify-between gap-4 border-b border-line">
      <dt>{shortcut.label}</dt>
      <dd>
        <KeyNames keys={keysOf(shortcut)} />
      </dd>
    </div>
  )
}

function unique(shortcuts: readonly Shortcut[]): Shortcut[] {
  return [...new Map(shortcuts.map((each) => [each.id, each])).values()]
}
