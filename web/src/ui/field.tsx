import { useId, type ComponentProps, type ReactNode } from 'react'
import { useDoorSay } from '../say'
import { join } from './join'

/** The classes of whatever one types or chooses in. */
export const control = join(
  'block w-full min-h-10 rounded-control border border-edge bg-panel px-3 py-2 text-body text-ink',
  'placeholder:text-ink-3 hover:border-ink-2 aria-invalid:border-vermilion disabled:opacity-55',
)

interface Tied {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

interface FieldProps {
  label: ReactNode
  hint?: ReactNode
  /** What is wrong with it; spoken at once. */
  error?: string | undefined
  optional?: boolean
  /** At the right of the label: a counter, a link. */
  aside?: ReactNode
  className?: string
  children: (tied: Tied) => ReactNode
}

/** A label, a control, and its hint and error, tied together by id. */
export function Field({ label, hint, error, optional, aside, className, children }: FieldProps) {
  const id = useId()
  const say = useDoorSay()
  const described = join(hint !== undefined && `${id}-hint`, error && `${id}-error`)
  return (
    <div className={className}>
      <div className="mb-1 flex items-baseline justify-between gap-3 text-label">
        <label htmlFor={id} className="font-semibold">
          {label}
          {optional && <span className="font-normal text-ink-3"> · {say.shell.optional}</span>}
        </label>
        {aside}
      </div>
      {children({
        id,
        'aria-describedby': described || undefined,
        'aria-invalid': error ? true : undefined,
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1 text-label text-ink-3">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="mt-1 text-label font-semibold text-vermilion">
          {error}
        </p>
      )}
    </div>
  )
}

type Around = Omit<FieldProps, 'children' | 'className'> & { className?: string }

/** One line of text. */
export function TextField({
  label,
  hint,
  error,
  optional,
  aside,
  className,
  ...rest
}: Around & Omit<ComponentProps<'input'>, 'id' | 'className'>) {
  return (
    <Field
      {...{ label, hint, error, aside }}
      optional={optional ?? false}
      className={className ?? ''}
    >
      {(tied) => <input {...rest} {...tied} className={control} />}
    </Field>
  )
}

/** Several lines of text; it grows with what is in it where the browser can. */
export function TextArea({
  label,
  hint,
  error,
  optional,
  aside,
  className,
  ...rest
}: Around & Omit<ComponentProps<'textarea'>, 'id' | 'className'>) {
  return (
    <Field
      {...{ label, hint, error, aside }}
      optional={optional ?? false}
      className={className ?? ''}
    >
      {(tied) => (
        <textarea
          dir="auto"
          {...rest}
          {...tied}
          className={join(control, 'field-sizing-content max-h-80 min-h-28 resize-y')}
        />
      )}
    </Field>
  )
}
