import { useEffect, useState } from 'react'
import { useFormats } from '../say'

interface Props {
  at: string
  /** `moment`: 14:02, or the day and time; `time`: 14:02; `relative`: 3 minutes ago. */
  as?: 'moment' | 'time' | 'date' | 'dateTime' | 'relative'
}

/** An instant, readable by people and by programs; the whole of it in the tooltip. */
export function Time({ at, as = 'moment' }: Props) {
  const formats = useFormats()
  useNow(as === 'relative' ? 30_000 : undefined)
  return (
    <time dateTime={at} title={`${formats.date(at)} ${formats.time(at)}`}>
      {formats[as](at)}
    </time>
  )
}

/** The present time, again every so many milliseconds; stands still in a hidden tab. */
export function useNow(every: number | undefined): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (every === undefined) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setNow(Date.now())
    }, every)
    return () => clearInterval(timer)
  }, [every])
  return now
}
