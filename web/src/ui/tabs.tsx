import { Tabs as Radix } from 'radix-ui'
import { type ReactNode } from 'react'
import { join } from './join'

export interface Tab<Value extends string> {
  value: Value
  label: ReactNode
  content: ReactNode
}

interface Props<Value extends string> {
  label: string
  tabs: readonly Tab<Value>[]
  value: Value
  onChoose: (value: Value) => void
  className?: string
}

/** Parts of one page of which one is shown. */
export function Tabs<Value extends string>({
  label,
  tabs,
  value,
  onChoose,
  className,
}: Props<Value>) {
  return (
    <Radix.Root
      value={value}
      onValueChange={(next) => onChoose(next as Value)}
      className={className}
    >
      <Radix.List aria-label={label} className="flex gap-6 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className={join(
              '-mb-px min-h-11 shrink-0 border-b-2 border-transparent text-body text-ink-2 hover:text-ink',
              'data-[state=active]:border-bole data-[state=active]:font-semibold data-[state=active]:text-ink',
            )}
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="pt-4">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  )
}
