/** How long something still takes, to the second. */

import { useEffect, useState } from 'react'

/** Whole seconds until then, counted down; 0 where there is nothing to wait for. */
export function useSecondsLeft(until: number | undefined): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (until === undefined) return
    const tick = () => {
      setNow(Date.now())
      if (Date.now() >= until) clearInterval(timer)
    }
    const timer = setInterval(tick, 500)
    const first = setTimeout(tick)
    return () => {
      clearInterval(timer)
      clearTimeout(first)
    }
  }, [until])
  return secondsUntil(until, now)
}

/** The instant from which on it makes sense to try again; undefined where it does at once. */
export function lockedUntil(retryAfter: number | undefined): number | undefined {
  return retryAfter === undefined ? undefined : Date.now() + retryAfter * 1000
}

/** Whole seconds from `now` until `until`, never below nought. */
export function secondsUntil(until: number | undefined, now: number): number {
  return until === undefined ? 0 : Math.max(0, Math.ceil((until - now) / 1000))
}

/** 0:42, 14:05; hours where there are any. */
export function clock(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  const rest = String(seconds % 60).padStart(2, '0')
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}
