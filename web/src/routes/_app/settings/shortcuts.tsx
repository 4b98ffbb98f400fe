import { createFileRoute } from '@tanstack/react-router'
import {
  everyShortcut,
  keysOf,
  setShortcuts,
  type Shortcut,
  useShortcuts,
  useShortcutSettings,
} from '../../../keys'
import { useSay } from '../../../say'
import { KeyChange } from '../../../settings/key-change'
import { Button } from '../../../ui/button'
import { Page } from '../../../ui/page'
import { Switch } from '../../../ui/switch'

export const Route = createFileRoute('/_app/settings/shortcuts')({
  staticData: { title: (say) => say.settings?.shortcuts },
  component: Shortcuts,
})

/** Every shortcut that was met so far, its keys to be changed, and single keys to be switched off. */
function Shortcuts() {
  const say = useSay()
  const { singleKeys, changed } = useShortcutSettings()
  useShortcuts()
  const known = everyShortcut()
  const groups = Map.groupBy(known, (each) => each.group)

  const takenBy = (mine: Shortcut) => (keys: string) =>
    known.find((each) => each.id !== mine.id && clash(keysOf(each), keys))
  const change = (id: string, keys: string | undefined) => {
    const { [id]: _before, ...rest } = changed
    setShortcuts({ changed: keys === undefined ? rest : { ...rest, [id]: keys } })
  }

  return (
    <Page
      title={say.settings.shortcuts}
      aside={
        Object.keys(changed).length > 0 && (
          <Button onClick={() => setShortcuts({ changed: {} })}>{say.settings.resetAll}</Button>
        )
      }
    >
      <div className="max-w-3xl">
        <Switch
          label={say.settings.singleKeys}
          hint={say.settings.singleKeysHint}
          checked={singleKeys}
          onChange={(on) => setShortcuts({ singleKeys: on })}
        />
        <p className="mt-4 max-w-measure text-ink-2">{say.settings.shortcutsLead}</p>
        {[...groups].map(([group, shortcuts]) => (
          <section key={group} aria-label={group} className="mt-6">
            <h2 className="mb-1 text-section">{group}</h2>
            <ul className="border-t border-line">
              {shortcuts.map((each) => (
                <KeyChange
                  key={each.id}
                  shortcut={each}
                  takenBy={takenBy(each)}
                  onKeys={(keys) => change(each.id, keys)}
                />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Page>
  )
}

/** Whether one of two would keep the other from being pressed. */
function clash(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other} `) || other.startsWith(`${one} `)
}
