import { type RefObject, useLayoutEffect, useState, useSyncExternalStore } from 'react'
import type { Shape } from './plan'

const HEADING = 44
/** The least width of a picture in the grid, and the gap between two. */
const TILE = 168
const GAP = 12
/** What stands below a picture: its title, its state, and the way to the next row. */
const CAPTION = 60

/** How wide the list was: whoever comes back finds it in its full height at once. */
let lastWidth: number | undefined

const narrow = matchMedia('(max-width: 47.4375rem)')

/** The sizes of the list as it is shown here; undefined until its width is known. */
export function useShape(
  element: RefObject<HTMLElement | null>,
  view: 'grid' | 'rows',
): Shape | undefined {
  const isNarrow = useSyncExternalStore(
    (listener) => {
      narrow.addEventListener('change', listener)
      return () => narrow.removeEventListener('change', listener)
    },
    () => narrow.matches,
  )
  const [width, setWidth] = useState(lastWidth)
  useLayoutEffect(() => {
    const box = element.current
    if (!box) return
    const resized = new ResizeObserver(() => {
      lastWidth = box.clientWidth
      setWidth(lastWidth)
    })
    resized.observe(box)
    return () => resized.disconnect()
  }, [element])

  if (view === 'rows') return { heading: HEADING, row: isNarrow ? 68 : 60, columns: 1 }
  if (width === undefined) return undefined
  const columns = Math.max(2, Math.floor((width + GAP) / (TILE + GAP)))
  const tile = Math.floor((width - (columns - 1) * GAP) / columns)
  return { heading: HEADING, row: tile + CAPTION, columns }
}
