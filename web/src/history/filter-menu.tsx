import { ChevronDown } from 'lucide-react'
import { Popover } from 'radix-ui'
import { type ReactNode } from 'react'
import { buttonStyle } from '../ui/button'

interface Props {
  label: string
  /** How many of it are chosen. */
  count: number
  children: ReactNode
}

/** A filter that opens at a button. */
export function FilterMenu({ label, count, children }: Props) {
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonStyle('plain', 'px-3! font-normal!')}>
        {label}
        {count > 0 && <span className="font-semibold text-bole figures">{count}</span>}
        <ChevronDown size={16} strokeWidth={1.5} aria-hidden className="text-ink-3" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
          className="z-50 max-h-(--radix-popover-content-available-height) min-w-56 overflow-auto rounded-control border border-line bg-panel p-4 shadow-layer"
        >
          {children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
