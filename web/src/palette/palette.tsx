import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import type { Me } from '../api/types'
import { openKeyMap } from '../keys'
import { useSay } from '../say'
import { isOperator } from '../shell/session'
import { Dialog } from '../ui/dialog'
import { control } from '../ui/field'
import { type Entry, matching, taskIn } from './entries'

interface Props {
  me: Me
  onClose: () => void
}

/** A field and what it finds: pages, a task by its id, prompts in the history. */
export function Palette({ me, onClose }: Props) {
  const say = useSay()
  const id = useId()
  const field = useFirstFocus()
  const [typed, setTyped] = useState('')
  const [chosen, setChosen] = useState(0)
  const places = usePlaces(me)
  const asked = useAsked(typed)
  const found = [...matching(places, typed), ...asked]
  const place = Math.min(chosen, found.length - 1)
  const go = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    entry.go()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) setChosen((place + step + found.length) % found.length)
    else if (event.key === 'Enter') go(found[place])
    else return
    event.preventDefault()
  }
  return (
    <Dialog open onOpenChange={onClose} title={say.shell.palette}>
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={found[place] && `${id}-${place}`}
        aria-label={say.shell.paletteField}
        placeholder={say.shell.paletteField}
        autoComplete="off"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setChosen(0)
        }}
        onKeyDown={onKeyDown}
        className={control}
      />
      <div
        id={id}
        role="listbox"
        aria-label={say.shell.palette}
        className="mt-3 max-h-80 overflow-auto"
      >
        {found.map((entry, index) => (
          // The field has the focus and the keys; a press of the pointer does the same.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={entry.id}
            id={`${id}-${index}`}
            ref={(row) => {
              if (index === place) row?.scrollIntoView({ block: 'nearest' })
            }}
            role="option"
            tabIndex={-1}
            aria-selected={index === place}
            onClick={() => go(entry)}
            onPointerMove={() => setChosen(index)}
            className="flex min-h-10 cursor-pointer items-center justify-between gap-4 px-3 aria-selected:bg-sunk aria-selected:shadow-[inset_2px_0_0_var(--bole)] forced-colors:aria-selected:outline-2"
          >
            <span className="truncate">{entry.label}</span>
            <span className="shrink-0 text-label text-ink-3">{entry.group}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="py-2 text-ink-2">{say.shell.paletteNothing}</p>}
    </Dialog>
  )
}

/** The field has the focus rather than the dialog's first button, once the dialog has given it. */
function useFirstFocus() {
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const frame = requestAnimationFrame(() => field.current?.focus())
    return () => cancelAnimationFrame(frame)
  }, [])
  return field
}

const SETTINGS = ['profile', 'keys', 'sessions', 'appearance', 'shortcuts'] as const
const CONSOLE = [
  ['overview', 'overview'],
  ['queues', 'queues'],
  ['jobs', 'jobs'],
  ['holds', 'holds'],
  ['providers', 'providers'],
  ['dead-letters', 'deadLetters'],
  ['tail', 'tail'],
] as const

/** Every page that is theirs to see. */
function usePlaces(me: Me): Entry[] {
  const say = useSay()
  const navigate = useNavigate()
  return useMemo(() => {
    const entry = (to: string, label: string, group: string): Entry => ({
      id: to,
      label,
      group,
      go: () => void navigate({ to }),
    })
    const { navigation } = say.shell
    return [
      entry('/workspace', say.shell.workspace, navigation),
      entry('/history', say.shell.history, navigation),
      entry('/wallet', say.shell.wallet, navigation),
      ...SETTINGS.map((name) => entry(`/settings/${name}`, say.settings[name], say.settings.title)),
      ...(isOperator(me)
        ? CONSOLE.map(([path, name]) =>
            entry(`/admin/${path}`, say.console[name], say.console.title),
          )
        : []),
      { id: 'keys', label: say.shell.keysTitle, group: navigation, go: openKeyMap },
    ]
  }, [say, me, navigate])
}

/** What is asked for by what was typed itself. */
function useAsked(typed: string): Entry[] {
  const say = useSay()
  const navigate = useNavigate()
  const text = typed.trim()
  if (!text) return []
  const task = taskIn(text)
  const search: Entry = {
    id: 'search',
    label: say.shell.paletteSearch(text),
    group: say.shell.history,
    go: () => void navigate({ to: '/history', search: { q: text.slice(0, 100) } }),
  }
  if (!task) return [search]
  const open = () => void navigate({ to: '/tasks/$id', params: { id: task } })
  return [{ id: 'task', label: task, group: say.task.title, go: open }, search]
}
