import { Slider as Radix } from 'radix-ui'
import { useId } from 'react'

interface Props {
  label: string
  min: number
  max: number
  step?: number
  value: number
  onChange: (value: number) => void
  /** What a value is called: "60 percent", "5 s". */
  told?: (value: number) => string
  disabled?: boolean
}

/** A number within bounds, by dragging, arrows, or typing it. */
export function Slider({
  label,
  min,
  max,
  step = 1,
  value,
  onChange,
  told,
  disabled = false,
}: Props) {
  const id = useId()
  return (
    <div className="flex items-center gap-3">
      <span id={id} className="sr-only">
        {label}
      </span>
      <Radix.Root
        min={min}
        max={max}
        step={step}
        value={[value]}
        disabled={disabled}
        onValueChange={([next]) => next !== undefined && onChange(next)}
        className="relative flex h-10 grow touch-none items-center select-none"
      >
        <Radix.Track className="relative h-1 grow bg-line forced-colors:border">
          <Radix.Range className="absolute h-full bg-bole" />
        </Radix.Track>
        <Radix.Thumb
          aria-labelledby={id}
          aria-valuetext={told?.(value)}
          className="block size-5 rounded-control border-2 border-bole bg-panel"
        />
      </Radix.Root>
      <input
        type="number"
        aria-labelledby={id}
        {...{ min, max, step, value, disabled }}
        onChange={(event) => {
          const next = event.target.valueAsNumber
          if (!Number.isNaN(next)) onChange(Math.min(max, Math.max(min, next)))
        }}
        className="min-h-10 w-20 rounded-control border border-edge bg-panel px-2 text-right figures"
      />
    </div>
  )
}
