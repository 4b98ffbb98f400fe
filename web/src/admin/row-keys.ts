import { useRef, useState } from 'react'
import { useShortcut } from '../keys'
import { useSay } from '../say'

/** Rows of a console's table: j and k go through their buttons, Space looks at one. */
export function useRowKeys(ids: readonly string[], onPeek: (id: string) => void) {
  const words = useSay().console
  const box = useRef<HTMLTableSectionElement>(null)
  const [active, setActive] = useState(-1)
  const isEmpty = ids.length === 0
  const group = words.title
  const go = (to: number) => {
    const next = Math.max(0, Math.min(ids.length - 1, to))
    setActive(next)
    box.current?.querySelectorAll<HTMLElement>('[data-peek]')[next]?.focus()
  }
  useShortcut(
    { id: 'console.next', keys: 'j', label: words.keyNext, group },
    isEmpty ? undefined : () => go(active + 1),
  )
  useShortcut(
    { id: 'console.before', keys: 'k', label: words.keyBefore, group },
    isEmpty ? undefined : () => go(active - 1),
  )
  useShortcut(
    { id: 'console.peek', keys: 'Space', label: words.keyPeek, group },
    isEmpty ? undefined : () => onPeek(ids[Math.max(0, active)]!),
  )
  return box
}
