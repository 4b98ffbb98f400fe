import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { type ReactNode } from 'react'
import { useDoorSay } from '../say'
import { IconButton } from './button'
import { join } from './join'

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: ReactNode
  /** One sentence under the title. */
  description?: ReactNode
  children?: ReactNode
  /** Its buttons, the first one at the right. */
  actions?: ReactNode
  wide?: boolean
  /** Whether Esc and a click beside it leave it. */
  dismissable?: boolean
}

/** The ground behind a layer. Radix's own would put a style element into the page, which the
 * content policy refuses; the scroll is locked by `html:has([data-scroll-lock])` instead. */
export function Shade() {
  return <div data-scroll-lock aria-hidden className="fixed inset-0 z-40 bg-shade" />
}

/** A question over the page; focus stays in it and goes back where it came from. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  actions,
  wide = false,
  dismissable = true,
}: Props) {
  const say = useDoorSay()
  const hold = (event: Event) => {
    if (!dismissable) event.preventDefault()
  }
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Shade />
        <Radix.Content
          {...(description === undefined && { 'aria-describedby': undefined })}
          onEscapeKeyDown={hold}
          onPointerDownOutside={hold}
          className={join(
            'fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] -translate-1/2 overflow-auto',
            'rounded-control border border-line bg-panel p-6 shadow-layer',
            wide ? 'w-[min(48rem,calc(100vw-2rem))]' : 'w-[min(30rem,calc(100vw-2rem))]',
          )}
        >
          <div className="flex items-start justify-between gap-4">
            <Radix.Title className="font-serif text-section">{title}</Radix.Title>
            {dismissable && (
              <Radix.Close asChild>
                <IconButton label={say.shell.close} className="-mt-2 -mr-2">
                  <X size={20} strokeWidth={1.5} aria-hidden />
                </IconButton>
              </Radix.Close>
            )}
          </div>
          {description !== undefined && (
            <Radix.Description className="mt-2 max-w-measure text-ink-2">
              {description}
            </Radix.Description>
          )}
          {children !== undefined && <div className="mt-4">{children}</div>}
          {actions !== undefined && (
            <div className="mt-6 flex flex-row-reverse flex-wrap gap-3">{actions}</div>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
