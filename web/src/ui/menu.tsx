import { Check } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import { type ComponentProps, type ReactNode } from 'react'
import { join } from './join'

const item = join(
  'flex min-h-10 cursor-pointer items-center gap-3 px-3 py-1.5 text-body outline-none',
  'data-highlighted:bg-sunk data-disabled:opacity-55 forced-colors:data-highlighted:outline-2',
)

interface Props {
  /** A button; it gets the menu's state and keys. */
  trigger: ReactNode
  children: ReactNode
  align?: 'start' | 'end'
}

/** A list of actions that opens at a button. */
export function Menu({ trigger, children, align = 'end' }: Props) {
  return (
    // Not modal: the modal one locks the scroll by a style element, which the policy refuses.
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-52 overflow-auto rounded-control border border-line bg-panel py-1 shadow-layer"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export function MenuItem({ className, ...rest }: ComponentProps<typeof Radix.Item>) {
  return <Radix.Item {...rest} className={join(item, className)} />
}

export function MenuLabel(props: ComponentProps<typeof Radix.Label>) {
  return <Radix.Label {...props} className="px-3 pt-2 pb-1 text-label text-ink-3" />
}

export function MenuLine() {
  return <Radix.Separator className="my-1 h-px bg-line" />
}

interface CheckProps {
  checked: boolean
  onChange: (checked: boolean) => void
  children: ReactNode
}

/** One of several that may hold at once; the menu stays open. */
export function MenuCheck({ checked, onChange, children }: CheckProps) {
  return (
    <Radix.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      className={item}
      onSelect={(event) => event.preventDefault()}
    >
      <span className="inline-flex w-4">
        <Radix.ItemIndicator>
          <Check size={16} aria-hidden />
        </Radix.ItemIndicator>
      </span>
      {children}
    </Radix.CheckboxItem>
  )
}

interface ChoicesProps<Value extends string> {
  label: string
  options: readonly { value: Value; label: string }[]
  value: Value
  onChoose: (value: Value) => void
}

/** One of few inside a menu. */
export function MenuChoices<Value extends string>({
  label,
  options,
  value,
  onChoose,
}: ChoicesProps<Value>) {
  return (
    <Radix.RadioGroup
      value={value}
      onValueChange={(next) => onChoose(next as Value)}
      aria-label={label}
    >
      <MenuLabel>{label}</MenuLabel>
      {options.map((each) => (
        <Radix.RadioItem
          key={each.value}
          value={each.value}
          className={item}
          onSelect={(event) => event.preventDefault()}
        >
          <span className="inline-flex w-4">
            <Radix.ItemIndicator>
              <Check size={16} aria-hidden />
            </Radix.ItemIndicator>
          </span>
          {each.label}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}
