import { type ComponentProps } from 'react'
import { join } from './join'

export type Look = 'primary' | 'plain' | 'danger' | 'quiet'

const LOOKS: Record<Look, string> = {
  primary: 'bg-bole text-on-bole border-bole hover:bg-bole-deep hover:border-bole-deep',
  plain: 'bg-panel text-ink border-edge hover:border-ink',
  danger: 'bg-panel text-vermilion border-vermilion hover:bg-sunk',
  quiet: 'border-transparent text-ink-2 hover:text-ink hover:bg-sunk',
}

/** The classes of a button, for links that look like one. */
export function buttonStyle(look: Look = 'plain', extra?: string): string {
  return join(
    'inline-flex min-h-10 items-center justify-center gap-2 rounded-control border px-4 py-2',
    'text-body font-semibold leading-5 transition-colors duration-120 select-none',
    'disabled:opacity-55 aria-disabled:opacity-55',
    LOOKS[look],
    extra,
  )
}

interface Props extends Omit<ComponentProps<'button'>, 'aria-busy'> {
  look?: Look
  /** Something is under way because of it; a second press does nothing, focus stays. */
  busy?: boolean
  /** Why it cannot be pressed; said beside the name. Presses do nothing. */
  blocked?: string | undefined
}

/** A button. Use `blocked` rather than `disabled`: a reason can be focused and read. */
export function Button({ look, busy = false, blocked, className, onClick, ...rest }: Props) {
  const idle = busy || blocked !== undefined
  return (
    <button
      type="button"
      {...rest}
      className={buttonStyle(look, className)}
      aria-busy={busy || undefined}
      aria-disabled={idle || undefined}
      title={blocked ?? rest.title}
      onClick={(event) => {
        if (!idle) onClick?.(event)
        else event.preventDefault()
      }}
    />
  )
}

interface IconProps extends ComponentProps<'button'> {
  /** Its name; an icon alone says nothing. */
  label: string
}

/** A button that is an icon, 40 px square, with a name. */
export function IconButton({ label, className, ...rest }: IconProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={join(
        'inline-flex size-10 items-center justify-center rounded-control text-ink-2',
        'transition-colors duration-120 hover:bg-sunk hover:text-ink disabled:opacity-55',
        className,
      )}
    />
  )
}
