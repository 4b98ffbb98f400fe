import { Check, Minus } from 'lucide-react'
import { Checkbox as Radix } from 'radix-ui'
import { type ReactNode, useId } from 'react'

interface Props {
  label: ReactNode
  /** Names it without showing the label: in rows of a table. */
  bare?: boolean
  checked: boolean | 'indeterminate'
  onChange: (checked: boolean) => void
  disabled?: boolean
  /** -1 where the keyboard comes to it by another way. */
  tabIndex?: number
}

/** One thing to tick. */
export function Checkbox({
  label,
  bare = false,
  checked,
  onChange,
  disabled = false,
  tabIndex = 0,
}: Props) {
  const id = useId()
  return (
    <span className="inline-flex min-h-6 items-center gap-2">
      <Radix.Root
        id={id}
        checked={checked}
        disabled={disabled}
        tabIndex={tabIndex}
        onCheckedChange={(next) => onChange(next === true)}
        className="relative inline-flex size-5 shrink-0 items-center justify-center rounded-control border border-edge bg-panel before:absolute before:-inset-2 data-[state=checked]:border-bole data-[state=checked]:bg-bole data-[state=indeterminate]:border-bole"
      >
        <Radix.Indicator className="text-on-bole data-[state=indeterminate]:text-bole">
          {checked === 'indeterminate' ? <Minus size={16} /> : <Check size={16} />}
        </Radix.Indicator>
      </Radix.Root>
      <label htmlFor={id} className={bare ? 'sr-only' : undefined}>
        {label}
      </label>
    </span>
  )
}
