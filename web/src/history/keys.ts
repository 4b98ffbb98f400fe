import { useQueryClient } from '@tanstack/react-query'
import { type RefObject, useRef } from 'react'
import type { TaskRowOut } from '../api/types'
import { useShortcut } from '../keys'
import { useSay } from '../say'
import { readRows, type Shown } from './list'
import { partsOf, type Plan } from './plan'
import type { Selection } from './selection'
import type { Walk } from './walk'

interface Acts {
  walk: Walk
  selection: Selection
  list: Shown
  plan: Plan | undefined
  again: (ids: readonly string[]) => void
  remix: (row: TaskRowOut) => void
  field: RefObject<HTMLInputElement | null>
  showNews: (() => Promise<void>) | undefined
}

/** The list's keys: j and k go, x selects, Shift+x up to here, r and m make it again. */
export function useHistoryKeys(acts: Acts): void {
  const { walk, selection, list, plan, again, remix, field, showNews } = acts
  const say = useSay()
  const words = say.history
  const queryClient = useQueryClient()
  const anchor = useRef<number>(undefined)
  const group = say.shell.history
  const { row } = walk

  const withRow = (act: (row: TaskRowOut) => void) => {
    const { row: chosen } = walk.now()
    if (chosen) act(chosen)
  }
  const toggle = (chosen: TaskRowOut) => {
    selection.toggle(chosen)
    anchor.current = walk.now().active
  }
  const selectRange = async (within: Plan) => {
    const { active } = walk.now()
    const [from, to] = [anchor.current ?? active, active].sort((a, b) => a - b)
    for (const part of partsOf(within, from!, to! + 1))
      selection.add(await readRows(queryClient, list, part))
  }

  useShortcut({ id: 'history.next', keys: 'j', label: words.keyNext, group }, () =>
    walk.go(walk.now().active + 1),
  )
  useShortcut({ id: 'history.before', keys: 'k', label: words.keyBefore, group }, () =>
    walk.go(walk.now().active - 1),
  )
  useShortcut(
    { id: 'history.select', keys: 'x', label: words.keySelect, group },
    row && (() => withRow(toggle)),
  )
  useShortcut(
    { id: 'history.range', keys: 'Shift+x', label: words.keyRange, group },
    plan && (() => void selectRange(plan)),
  )
  useShortcut(
    { id: 'history.again', keys: 'r', label: words.keyAgain, group },
    row && (() => withRow(({ id }) => again([id]))),
  )
  useShortcut(
    { id: 'history.remix', keys: 'm', label: words.keyRemix, group },
    row && (() => withRow(remix)),
  )
  useShortcut({ id: 'history.search', keys: '/', label: words.keySearch, group }, () =>
    field.current?.focus(),
  )
  useShortcut(
    { id: 'history.news', keys: '.', label: words.keyFresh, group },
    showNews && (() => void showNews()),
  )
  useShortcut(
    { id: 'history.unselect', keys: 'Escape', label: words.keyUnselect, group },
    selection.isAll || selection.named.size > 0 ? selection.clear : undefined,
  )
}
