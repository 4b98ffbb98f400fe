import { type ReactNode, useId } from 'react'

interface Props {
  title: string
  lead?: ReactNode
  aside?: ReactNode
  children?: ReactNode
}

/** A part of a settings page: what it is at the left, what one can do at the right. */
export function Section({ title, lead, aside, children }: Props) {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className="grid gap-x-8 gap-y-4 border-t border-line py-6 first:border-t-0 first:pt-0 lg:grid-cols-[16rem_minmax(0,1fr)]"
    >
      <div>
        <h2 id={id}>{title}</h2>
        {lead !== undefined && <p className="mt-1 text-label text-ink-3">{lead}</p>}
        {aside !== undefined && <div className="mt-3">{aside}</div>}
      </div>
      {children !== undefined && <div className="min-w-0">{children}</div>}
    </section>
  )
}
