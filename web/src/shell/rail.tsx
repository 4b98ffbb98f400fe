import { useRouterState } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import { BareLink } from '../ui/link'

export interface RailEntry {
  to: string
  label: string
}

interface Props {
  label: string
  entries: readonly RailEntry[]
  children: ReactNode
}

/** A list of pages at the left of one; a row above it on phones. */
export function Rail({ label, entries, children }: Props) {
  const row = useCurrentInView()
  return (
    <div className="md:grid md:grid-cols-[12rem_minmax(0,1fr)]">
      <nav
        ref={row}
        aria-label={label}
        className="flex gap-1 overflow-x-auto border-b border-line px-2 md:sticky md:top-14 md:h-[calc(100dvh-3.5rem)] md:flex-col md:border-r md:border-b-0 md:px-0 md:py-4"
      >
        {entries.map((entry) => (
          <BareLink
            key={entry.to}
            to={entry.to}
            className="flex min-h-10 shrink-0 items-center border-b-2 border-transparent px-3 text-ink-2 hover:text-ink md:border-b-0 md:border-l-2 md:px-5"
            activeProps={{ className: 'border-bole! text-ink! font-semibold' }}
          >
            {entry.label}
          </BareLink>
        ))}
      </nav>
      <div className="min-w-0">{children}</div>
    </div>
  )
}

/** A phone's row is wider than the phone: the page that is shown stands in its middle. */
function useCurrentInView() {
  const row = useRef<HTMLElement>(null)
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname })
  useEffect(() => {
    const frame = row.current?.getBoundingClientRect()
    const entry = row.current?.querySelector('[aria-current=page]')?.getBoundingClientRect()
    if (frame && entry)
      row.current!.scrollLeft += entry.left + entry.width / 2 - frame.left - frame.width / 2
  }, [path])
  return row
}
