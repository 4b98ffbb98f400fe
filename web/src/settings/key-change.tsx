import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { keysOf, KeyNames, type Shortcut, written } from '../keys'
import { useSay } from '../say'
import { Button } from '../ui/button'

interface Props {
  shortcut: Shortcut
  /** Another one that these keys belong to, if there is one. */
  takenBy: (keys: string) => Shortcut | undefined
  onKeys: (keys: string | undefined) => void
}

/** Milliseconds for which a second key is waited for, as in `g w`. */
const TOGETHER = 900
const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta', 'CapsLock', 'Dead', 'Process'])

/** One shortcut: its keys, other keys by pressing them, and the way back. */
export function KeyChange({ shortcut, takenBy, onKeys }: Props) {
  const say = useSay()
  const [isListening, setListening] = useState(false)
  const [first, setFirst] = useState<string>()
  const [taken, setTaken] = useState<Shortcut>()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const keys = keysOf(shortcut)

  useEffect(() => () => clearTimeout(timer.current), [])

  const stop = () => {
    clearTimeout(timer.current)
    setListening(false)
    setFirst(undefined)
  }
  const settle = (chosen: string) => {
    stop()
    const other = takenBy(chosen)
    setTaken(other)
    if (!other) onKeys(chosen === shortcut.keys ? undefined : chosen)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isListening || MODIFIERS.has(event.key) || event.key === 'Tab') return
    event.preventDefault()
    event.stopPropagation()
    if (event.key === 'Escape') return stop()
    const press = written(event.nativeEvent)
    clearTimeout(timer.current)
    if (first !== undefined) return settle(`${first} ${press}`)
    if (press.startsWith('Mod+')) return settle(press)
    setFirst(press)
    timer.current = setTimeout(() => settle(press), TOGETHER)
  }

  return (
    <li className="border-b border-line py-2">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <span className="min-w-40 grow">{shortcut.label}</span>
        <span className="flex items-center gap-2">
          {isListening && first === undefined ? (
            <span className="text-label text-ink-2">{say.settings.pressNow}</span>
          ) : (
            <KeyNames keys={first ?? keys} />
          )}
          <Button
            look="quiet"
            aria-label={say.settings.changeKeys(shortcut.label)}
            aria-pressed={isListening}
            title={isListening ? say.settings.pressHint : undefined}
            onClick={() => {
              setTaken(undefined)
              setListening(true)
            }}
            onKeyDown={onKeyDown}
            onBlur={stop}
          >
            {isListening ? say.settings.pressHint : say.settings.change}
          </Button>
          {keys !== shortcut.keys && (
            <Button
              look="quiet"
              aria-label={say.settings.resetKeys(shortcut.label)}
              onClick={() => onKeys(undefined)}
            >
              {say.settings.reset}
            </Button>
          )}
        </span>
      </div>
      {taken && (
        <p role="alert" className="text-label font-semibold text-vermilion">
          {say.settings.taken(taken.label)}
        </p>
      )}
    </li>
  )
}
