import { RadioGroup } from 'radix-ui'
import { type ReactNode, useId } from 'react'
import type { Option } from './select'
import { join } from './join'

interface Props<Value extends string> {
  label: ReactNode
  hint?: ReactNode
  /** Names the group without showing the label. */
  bare?: boolean
  options: readonly Option<Value>[]
  value: Value
  onChoose: (value: Value) => void
  className?: string
}

/** One of few, side by side; arrows move the choice. */
export function Choice<Value extends string>({
  label,
  hint,
  bare = false,
  options,
  value,
  onChoose,
  className,
}: Props<Value>) {
  const id = useId()
  return (
    <div className={className}>
      <span id={id} className={bare ? 'sr-only' : 'mb-1 block text-label font-semibold'}>
        {label}
      </span>
      <RadioGroup.Root
        aria-labelledby={id}
        value={value}
        onValueChange={(next) => onChoose(next as Value)}
        className="inline-flex max-w-full flex-wrap rounded-control border border-edge bg-panel"
      >
        {options.map((each, place) => (
          <RadioGroup.Item
            key={each.value}
            value={each.value}
            disabled={each.disabled ?? false}
            className={join(
              'min-h-9.5 grow px-3 py-1.5 text-body text-ink-2 hover:text-ink',
              'data-[state=checked]:font-semibold data-[state=checked]:text-ink',
              'data-[state=checked]:shadow-[inset_0_-3px_0_var(--bole)]',
              'forced-colors:data-[state=checked]:outline-2',
              place > 0 && 'border-l border-line',
            )}
          >
            {each.label}
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
      {hint !== undefined && <p className="mt-1 text-label text-ink-3">{hint}</p>}
    </div>
  )
}
