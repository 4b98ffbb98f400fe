import { type ReactNode } from 'react'

interface Props {
  title: ReactNode
  /** At the right of the title. */
  aside?: ReactNode
  children: ReactNode
  className?: string
}

/** The frame of a plain page: its title, and what follows in one column. */
export function Page({ title, aside, children, className }: Props) {
  return (
    <div className={`mx-auto w-full max-w-5xl px-4 py-6 md:px-6 ${className ?? ''}`}>
      <div className="mb-6 flex flex-wrap items-baseline justify-between gap-4">
        <h1>{title}</h1>
        {aside}
      </div>
      {children}
    </div>
  )
}
