import { useCallback, useMemo, useState } from 'react'
import type { ChoiceIn, TaskRowOut } from '../api/types'
import type { Shown } from './list'

/** Which tasks are chosen: some, or all that match but some. It outlives scrolling. */
export interface Selection {
  /** By id; where `isAll`, those that are spared. */
  named: ReadonlyMap<string, TaskRowOut>
  isAll: boolean
  has: (id: string) => boolean
  /** How many, of so many that match. */
  countOf: (total: number) => number
  toggle: (row: TaskRowOut) => void
  add: (rows: readonly TaskRowOut[]) => void
  all: () => void
  clear: () => void
}

interface State {
  named: ReadonlyMap<string, TaskRowOut>
  isAll: boolean
}

const NONE: State = { named: new Map(), isAll: false }

export function useSelection(): Selection {
  const [state, setState] = useState(NONE)

  const toggle = useCallback((row: TaskRowOut) => {
    setState(({ named, isAll }) => {
      const next = new Map(named)
      if (!next.delete(row.id)) next.set(row.id, row)
      return { named: next, isAll }
    })
  }, [])

  const add = useCallback((rows: readonly TaskRowOut[]) => {
    setState(({ named, isAll }) => {
      const next = new Map(named)
      for (const row of rows) {
        if (isAll) next.delete(row.id)
        else next.set(row.id, row)
      }
      return { named: next, isAll }
    })
  }, [])

  const all = useCallback(() => setState({ named: new Map(), isAll: true }), [])
  const clear = useCallback(() => setState(NONE), [])

  return useMemo(
    () => ({
      ...state,
      has: (id) => state.named.has(id) !== state.isAll,
      countOf: (total) => (state.isAll ? total - state.named.size : state.named.size),
      toggle,
      add,
      all,
      clear,
    }),
    [state, toggle, add, all, clear],
  )
}

/** The same as the API takes it: by id, or by the filters up to the moment that is shown. */
export function choiceOf({ isAll, named }: Selection, { filters, pin }: Shown): ChoiceIn {
  if (!isAll) return { ids: [...named.keys()] }
  const to = pin && (!filters.to || pin < filters.to) ? pin : filters.to
  return { ...filters, ...(to && { to }), spared: [...named.keys()] }
}
