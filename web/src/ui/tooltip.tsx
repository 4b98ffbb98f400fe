import { Tooltip as Radix } from 'radix-ui'
import { type ReactNode } from 'react'

interface Props {
  /** A few words; never the only place where something stands. */
  text: ReactNode
  children: ReactNode
}

/** Words that show at a control under the pointer or in focus. */
export function Tooltip({ text, children }: Props) {
  return (
    <Radix.Provider delayDuration={400}>
      <Radix.Root>
        <Radix.Trigger asChild>{children}</Radix.Trigger>
        <Radix.Portal>
          <Radix.Content
            sideOffset={6}
            collisionPadding={8}
            className="z-50 max-w-64 rounded-control bg-ink px-2 py-1 text-label text-ground shadow-layer"
          >
            {text}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  )
}
