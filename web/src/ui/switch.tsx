import { Switch as Radix } from 'radix-ui'
import { type ReactNode, useId } from 'react'

interface Props {
  label: ReactNode
  hint?: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean
}

/** On or off, at once. */
export function Switch({ label, hint, checked, onChange, disabled = false }: Props) {
  const id = useId()
  return (
    <div className="flex items-start justify-between gap-4 py-2">
      <div>
        <label htmlFor={id} className="font-semibold">
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-label text-ink-3">
            {hint}
          </p>
        )}
      </div>
      <Radix.Root
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={onChange}
        aria-describedby={hint !== undefined ? `${id}-hint` : undefined}
        className="group mt-0.5 h-6 w-11 shrink-0 rounded-full border border-edge bg-sunk data-[state=checked]:border-bole data-[state=checked]:bg-bole"
      >
        <Radix.Thumb className="block size-4.5 translate-x-0.5 rounded-full bg-ink-2 transition-transform duration-120 data-[state=checked]:translate-x-5.5 data-[state=checked]:bg-on-bole" />
      </Radix.Root>
    </div>
  )
}
