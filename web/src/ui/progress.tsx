interface Props {
  label: string
  /** 0 to 1; undefined where nobody knows. */
  value: number | undefined
  /** What is said of it: "60 percent, painting". */
  told?: string
  className?: string
}

/** How far something has come. */
export function Progress({ label, value, told, className }: Props) {
  return (
    <progress
      aria-label={label}
      aria-valuetext={told}
      max={1}
      {...(value !== undefined && { value })}
      className={`block h-1 w-full appearance-none overflow-hidden bg-line ${className ?? ''} [&::-moz-progress-bar]:bg-ultramarine [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-ultramarine [&::-webkit-progress-value]:transition-[width] [&:indeterminate]:breathe`}
    />
  )
}
