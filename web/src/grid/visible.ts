import { type RefObject, useLayoutEffect, useState } from 'react'

/** A part of something tall, in its own pixels. */
export interface Span {
  top: number
  bottom: number
}

/** Pixels by which the span grows at once, so that scrolling seldom renders. */
const STEP = 240
/** Pixels beyond the window that are rendered before they are seen. */
const AHEAD = 480

/** What of an element lies in the window, or in the box that scrolls it, and a little beyond. */
export function useVisible(
  element: RefObject<HTMLElement | null>,
  box?: RefObject<HTMLElement | null>,
): Span {
  const [span, setSpan] = useState<Span>({ top: 0, bottom: 1200 })

  useLayoutEffect(() => {
    const scroller = box?.current ?? undefined
    const look = () => {
      const seen = element.current?.getBoundingClientRect()
      if (!seen) return
      const frame = scroller?.getBoundingClientRect()
      const [above, below] = [frame?.top ?? 0, frame?.bottom ?? globalThis.innerHeight]
      const next = inSteps(above - seen.top - AHEAD, below - seen.top + AHEAD)
      setSpan((known) => (isSame(known, next) ? known : next))
    }
    look()
    const target: EventTarget = scroller ?? globalThis
    target.addEventListener('scroll', look, { passive: true })
    const resized = new ResizeObserver(look)
    resized.observe(scroller ?? document.documentElement)
    return () => {
      target.removeEventListener('scroll', look)
      resized.disconnect()
    }
  }, [element, box])

  return span
}

function inSteps(top: number, bottom: number): Span {
  return { top: Math.floor(top / STEP) * STEP, bottom: Math.ceil(bottom / STEP) * STEP }
}

function isSame(one: Span, other: Span): boolean {
  return one.top === other.top && one.bottom === other.bottom
}
