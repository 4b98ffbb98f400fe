import {
  type FocusEvent,
  type KeyboardEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import type { TaskRowOut } from '../api/types'
import { type Plan, sectionOf, topOf } from './plan'

/** How one goes through the list by keyboard: one entry is active and holds the list's Tab stop. */
export interface Walk {
  active: number
  row: TaskRowOut | undefined
  /** The same at this very moment: keys may come faster than the list renders. */
  now: () => Pick<Walk, 'active' | 'row'>
  go: (to: number) => void
  /** Called when the list has rendered: gives the active entry the focus once it is there. */
  attend: (box: HTMLElement | null, plan: Plan, rows: Rows) => void
  onKeyDown: (event: KeyboardEvent) => void
  onFocus: (event: FocusEvent) => void
}

interface Left {
  place: string
  active: number
}

/** Where the reader was when they left the list; they find themselves there when they come back. */
let left: Left | undefined

/** Milliseconds within which a list that was come back to takes the focus again. */
const RETURN = 2000
/** Pixels that bars cover above and below. */
const [ABOVE, BELOW] = [168, 120]

type Rows = ReadonlyMap<string, readonly TaskRowOut[]>

interface State {
  box?: HTMLElement | undefined
  plan?: Plan | undefined
  rows?: Rows | undefined
  /** Whether the active entry takes the focus once it is there. */
  wantsFocus: boolean
}

export function useWalk(place: string, onOpen: (row: TaskRowOut) => void): Walk {
  const back = left?.place === place ? left.active : undefined
  const [active, setActive] = useState(back ?? 0)
  const [row, setRow] = useState<TaskRowOut>()
  const state = useRef<State>({ wantsFocus: back !== undefined })
  const latest = useRef(active)

  useEffect(() => {
    const timer = setTimeout(() => {
      state.current.wantsFocus = false
    }, RETURN)
    return () => clearTimeout(timer)
  }, [])

  const go = useCallback((to: number) => {
    const { plan, box } = state.current
    if (!plan || plan.count === 0 || !box) return
    const next = Math.max(0, Math.min(plan.count - 1, to))
    state.current.wantsFocus = true
    latest.current = next
    setActive(next)
    bringIntoView(box, topOf(plan, next), plan.shape.row)
    box.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus({ preventScroll: true })
  }, [])

  const attend = useCallback<Walk['attend']>((box, plan, rows) => {
    state.current.box = box ?? undefined
    state.current.plan = plan
    state.current.rows = rows
    const index = latest.current
    setRow(rowAt(index, plan, rows))
    if (!state.current.wantsFocus) return
    const entry = box?.querySelector<HTMLElement>(`[data-index="${index}"]`)
    if (!entry) return
    state.current.wantsFocus = false
    entry.focus({ preventScroll: true })
  }, [])

  const now = useCallback(() => {
    const { plan, rows } = state.current
    const index = latest.current
    return { active: index, row: plan && rows && rowAt(index, plan, rows) }
  }, [])

  const onFocus = useCallback((event: FocusEvent) => {
    const entry = (event.target as HTMLElement).closest<HTMLElement>('[data-index]')
    if (!entry) return
    latest.current = Number(entry.dataset.index)
    setActive(latest.current)
  }, [])

  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const { plan } = state.current
      if (!plan || event.ctrlKey || event.metaKey || event.altKey) return
      const step = stepOf(event.key, plan.shape.columns)
      if (step !== undefined) {
        event.preventDefault()
        go(latest.current + step)
      } else if (event.key === 'Enter' && (event.target as HTMLElement).matches('[data-index]')) {
        const { row: chosen } = now()
        if (chosen) onOpen(chosen)
      }
    },
    [go, onOpen, now],
  )

  return useMemo(
    () => ({ active, row, now, go, attend, onKeyDown, onFocus }),
    [active, row, now, go, attend, onKeyDown, onFocus],
  )
}

/** Remember where the reader is, for when they come back to these filters. */
export function leave(place: string, active: number): void {
  left = { place, active }
}

function rowAt(index: number, plan: Plan, rows: Rows): TaskRowOut | undefined {
  const section = sectionOf(plan, index)
  return section && rows.get(section.day)?.[index - section.first]
}

/** By how many entries a key goes; in feeds Page Up and Page Down go by one. */
function stepOf(key: string, columns: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return columns
    case 'ArrowUp':
      return -columns
    case 'ArrowRight':
      return columns > 1 ? 1 : undefined
    case 'ArrowLeft':
      return columns > 1 ? -1 : undefined
    case 'PageDown':
      return 1
    case 'PageUp':
      return -1
    case 'Home':
      return Number.NEGATIVE_INFINITY
    case 'End':
      return Number.POSITIVE_INFINITY
    default:
      return undefined
  }
}

function bringIntoView(box: HTMLElement, top: number, height: number): void {
  const at = box.getBoundingClientRect().top + top
  if (at < ABOVE) scrollBy({ top: at - ABOVE })
  else if (at + height > innerHeight - BELOW) scrollBy({ top: at + height - innerHeight + BELOW })
}
