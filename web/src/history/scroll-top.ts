import { type RefObject, useEffect, useState } from 'react'

/** Pixels within which a change of place is not worth a render. */
const STEP = 20

/** How far an element has gone above a line of the window. */
export function useScrollTop(element: RefObject<HTMLElement | null>, line: number): number {
  const [top, setTop] = useState(0)
  useEffect(() => {
    const look = () => {
      const at = line - (element.current?.getBoundingClientRect().top ?? 0)
      setTop(Math.ceil(at / STEP) * STEP)
    }
    look()
    addEventListener('scroll', look, { passive: true })
    return () => removeEventListener('scroll', look)
  }, [element, line])
  return top
}
