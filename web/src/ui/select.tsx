import { ChevronDown } from 'lucide-react'
import { type ComponentProps, type ReactNode } from 'react'
import { control, Field } from './field'
import { join } from './join'

export interface Option<Value extends string> {
  value: Value
  label: string
  disabled?: boolean
}

interface Props<Value extends string> extends Omit<ComponentProps<'select'>, 'value' | 'onChange'> {
  label: ReactNode
  hint?: ReactNode
  error?: string | undefined
  options: readonly Option<Value>[]
  value: Value
  onChoose: (value: Value) => void
}

/** One of many, by the browser's own list: best with a thumb, a keyboard and a screen reader. */
export function Select<Value extends string>({
  label,
  hint,
  error,
  options,
  value,
  onChoose,
  className,
  ...rest
}: Props<Value>) {
  return (
    <Field label={label} hint={hint} error={error} className={className ?? ''}>
      {(tied) => (
        <span className="relative block">
          <select
            {...rest}
            {...tied}
            value={value}
            onChange={(event) => onChoose(event.target.value as Value)}
            className={join(control, 'appearance-none pr-9')}
          >
            {options.map((each) => (
              <option key={each.value} value={each.value} disabled={each.disabled}>
                {each.label}
              </option>
            ))}
          </select>
          <ChevronDown
            aria-hidden
            size={18}
            strokeWidth={1.5}
            className="pointer-events-none absolute top-1/2 right-3 -translate-y-1/2 text-ink-2"
          />
        </span>
      )}
    </Field>
  )
}
