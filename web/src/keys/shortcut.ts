import { useEffect, useLayoutEffect, useRef, useSyncExternalStore } from 'react'
import { remember } from './seen'
import { shortcutSettings } from './settings'

export interface Shortcut {
  /** Stable; under it other keys are kept. */
  id: string
  keys: string
  /** What it does, for the list. */
  label: string
  /** The list's heading; shortcuts of a page give the page's title. */
  group: string
}

interface Declared extends Shortcut {
  act: (event: KeyboardEvent) => void
}

/** Milliseconds within which the second key of `g w` must follow. */
const TOGETHER = 1200
const FIELDS =
  'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]'

const declared: Declared[] = []
const listeners = new Set<() => void>()
let listed: readonly Shortcut[] = []
let begun: { key: string; at: number } | undefined

/** Have keys do something while this is on the page; undefined: they do nothing just now. */
export function useShortcut(
  shortcut: Shortcut,
  act: ((event: KeyboardEvent) => void) | undefined,
): void {
  const latest = useRef(act)
  const { id, keys, label, group } = shortcut
  const active = act !== undefined
  useLayoutEffect(() => {
    latest.current = act
  })
  useEffect(() => {
    if (!active) return
    const mine: Declared = { id, keys, label, group, act: (event) => latest.current?.(event) }
    declared.push(mine)
    changed()
    return () => {
      declared.splice(declared.indexOf(mine), 1)
      changed()
    }
  }, [id, keys, label, group, active])
}

/** Every shortcut that acts now. */
export function useShortcuts(): readonly Shortcut[] {
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return useSyncExternalStore(subscribe, () => listed)
}

/** The keys of a shortcut as they are set. */
export function keysOf(shortcut: Shortcut): string {
  return shortcutSettings().changed[shortcut.id] ?? shortcut.keys
}

function changed(): void {
  listed = [...declared]
  remember(listed)
  for (const listener of listeners) listener()
}

/** How a press is written: `Mod+Enter`, `Shift+x`, `?`. */
export function written(event: KeyboardEvent): string {
  const { key } = event
  const letter = key.length === 1 ? key.toLowerCase() : key
  const name = letter === ' ' ? 'Space' : letter
  const shifted = event.shiftKey && (key.length > 1 || /[a-z]/i.test(key))
  const mod = event.metaKey || event.ctrlKey
  return `${mod ? 'Mod+' : ''}${event.altKey ? 'Alt+' : ''}${shifted ? 'Shift+' : ''}${name}`
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const pressed = written(event)
  const holdsMod = pressed.startsWith('Mod+')
  if (!holdsMod) {
    const target = event.target instanceof Element ? event.target : undefined
    if (!shortcutSettings().singleKeys || target?.closest(FIELDS)) return
    // A layer over the page has its own keys.
    if (document.querySelector('[data-scroll-lock]') && !target?.closest('[role=dialog]')) return
  }
  const before = begun && event.timeStamp - begun.at < TOGETHER ? begun.key : undefined
  begun = undefined
  const wanted = before === undefined ? [pressed] : [`${before} ${pressed}`, pressed]
  for (const keys of wanted) {
    const found = declared.findLast((each) => keysOf(each) === keys)
    if (!found) continue
    event.preventDefault()
    found.act(event)
    return
  }
  if (declared.some((each) => keysOf(each).startsWith(`${pressed} `)))
    begun = { key: pressed, at: event.timeStamp }
}

addEventListener('keydown', onKey)
