import { type ReactNode, useEffect, useState } from 'react'
import { useDoorSay } from '../say'

/** The final layout, unpainted, once it takes longer than one notices. */
export function Loading({ children, label }: { children?: ReactNode; label?: string }) {
  const say = useDoorSay()
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div aria-busy="true" className={late ? undefined : 'invisible'}>
      <span className="sr-only">{label ?? say.shell.loading}</span>
      {children ?? <Lines count={3} />}
    </div>
  )
}

/** Rows of text that are not there yet, in their height. */
export function Lines({ count }: { count: number }) {
  return (
    <div aria-hidden>
      {Array.from({ length: count }, (_, row) => (
        <div key={row} className="flex h-11 items-center border-b border-line">
          <div className="h-4 w-2/3 tooth" />
        </div>
      ))}
    </div>
  )
}
