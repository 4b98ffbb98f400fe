import { type ComponentProps, type ReactNode } from 'react'
import { join } from './join'

interface Props {
  /** What the table is of; for screen readers, and shown where `captioned`. */
  caption: ReactNode
  captioned?: boolean
  children: ReactNode
  className?: string
}

/** Rules and columns like a catalogue's; it scrolls sideways by itself, and by keyboard. */
export function Table({ caption, captioned = false, children, className }: Props) {
  return (
    // A region that scrolls must be reachable by keyboard.
    <div
      role="region"
      aria-label={typeof caption === 'string' ? caption : undefined}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      // Hidden words within it are placed against it, or they would widen the page.
      className={join('relative overflow-x-auto', className)}
    >
      <table className="w-full border-collapse text-left">
        <caption className={captioned ? 'pb-2 text-left text-label text-ink-3' : 'sr-only'}>
          {caption}
        </caption>
        {children}
      </table>
    </div>
  )
}

export function Th({
  number = false,
  className,
  ...rest
}: ComponentProps<'th'> & { number?: boolean }) {
  return (
    <th
      scope="col"
      {...rest}
      className={join(
        'border-b border-line px-3 py-2 text-label font-semibold whitespace-nowrap text-ink-2 first:pl-0 last:pr-0',
        number && 'text-right',
        className,
      )}
    />
  )
}

export function Td({
  number = false,
  className,
  ...rest
}: ComponentProps<'td'> & { number?: boolean }) {
  return (
    <td
      {...rest}
      className={join(
        'h-11 border-b border-line px-3 py-2 first:pl-0 last:pr-0',
        number && 'text-right whitespace-nowrap figures',
        className,
      )}
    />
  )
}
