import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { type ReactNode } from 'react'
import { useDoorSay } from '../say'
import { IconButton } from './button'
import { Shade } from './dialog'

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: ReactNode
  children: ReactNode
}

/** A panel from the right, from below on phones: details and filters beside what they belong to. */
export function Sheet({ open, onOpenChange, title, children }: Props) {
  const say = useDoorSay()
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Shade />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-x-0 bottom-0 z-50 max-h-[85dvh] overflow-auto border-t border-line bg-panel p-4 shadow-layer md:inset-y-0 md:right-0 md:left-auto md:max-h-none md:w-[26rem] md:border-t-0 md:border-l md:p-6"
        >
          <div className="mb-4 flex items-center justify-between gap-4">
            <Radix.Title className="font-serif text-section">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label={say.shell.close} className="-mr-2">
                <X size={20} strokeWidth={1.5} aria-hidden />
              </IconButton>
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
