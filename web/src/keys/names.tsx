import { useDoorSay } from '../say'

/** Keys as one sees them on a keyboard: one press, or one after the other. */
export function KeyNames({ keys }: { keys: string }) {
  const say = useDoorSay()
  return (
    <span className="flex items-center gap-1.5 text-label text-ink-3">
      {keys.split(' ').map((press, place) => (
        <span key={`${place}${press}`} className="contents">
          {place > 0 && say.shell.keyThen}
          <kbd className="rounded-control border border-edge px-1.5 font-mono text-ink">
            {named(press)}
          </kbd>
        </span>
      ))}
    </span>
  )
}

/** Keys as this machine's keyboard has them. */
export function named(press: string): string {
  const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)
  return press.replace('Mod+', isMac ? '⌘ ' : 'Ctrl ').replace('Shift+', '⇧ ')
}
