import { SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import { useSay } from '../say'
import { Button } from '../ui/button'
import { Checkbox } from '../ui/checkbox'
import { TextField } from '../ui/field'
import { Menu, MenuCheck } from '../ui/menu'
import { Sheet } from '../ui/sheet'
import { type Filters, isFiltered, type Kind, KINDS } from './filters'

interface Props {
  filters: Filters
  onChange: (filters: Filters) => void
}

/** The filters beside the statement; in a sheet on phones. */
export function StatementFilters({ filters, onChange }: Props) {
  const say = useSay()
  const [isOpen, setOpen] = useState(false)
  const clear = isFiltered(filters) && (
    <Button look="quiet" onClick={() => onChange({})}>
      {say.wallet.clear}
    </Button>
  )
  return (
    <>
      <div className="hidden flex-wrap items-end gap-3 md:flex">
        <KindMenu filters={filters} onChange={onChange} />
        <Days filters={filters} onChange={onChange} />
        {clear}
      </div>
      <div className="flex gap-3 md:hidden">
        <Button onClick={() => setOpen(true)}>
          <SlidersHorizontal size={18} strokeWidth={1.5} aria-hidden />
          {say.wallet.filters}
        </Button>
        {clear}
      </div>
      <Sheet open={isOpen} onOpenChange={setOpen} title={say.wallet.filters}>
        <div className="grid gap-6">
          <Kinds filters={filters} onChange={onChange} />
          <Days filters={filters} onChange={onChange} />
        </div>
      </Sheet>
    </>
  )
}

function KindMenu(props: Props) {
  const say = useSay()
  const chosen = props.filters.kind
  const told =
    chosen === undefined
      ? say.wallet.allKinds
      : chosen.length === 1
        ? say.wallet.kinds[chosen[0]!]
        : say.wallet.kindsChosen(chosen.length)
  return (
    <Menu
      align="start"
      trigger={
        <Button aria-label={`${say.wallet.kind}: ${told}`} className="font-normal!">
          {told}
          <span aria-hidden className="text-ink-3">
            ▾
          </span>
        </Button>
      }
    >
      {KINDS.map((kind) => (
        <MenuCheck
          key={kind}
          checked={chosen?.includes(kind) ?? false}
          onChange={(on) => props.onChange(withKind(props.filters, kind, on))}
        >
          {say.wallet.kinds[kind]}
        </MenuCheck>
      ))}
    </Menu>
  )
}

function Kinds({ filters, onChange }: Props) {
  const say = useSay()
  return (
    <fieldset>
      <legend className="mb-2 text-label font-semibold">{say.wallet.kind}</legend>
      <div className="grid gap-3">
        {KINDS.map((kind) => (
          <Checkbox
            key={kind}
            label={say.wallet.kinds[kind]}
            checked={filters.kind?.includes(kind) ?? false}
            onChange={(on) => onChange(withKind(filters, kind, on))}
          />
        ))}
      </div>
    </fieldset>
  )
}

function Days({ filters, onChange }: Props) {
  const say = useSay()
  return (
    <>
      <TextField
        type="date"
        label={say.wallet.from}
        value={filters.from ?? ''}
        max={filters.to}
        onChange={(event) => onChange(withDay(filters, 'from', event.target.value))}
      />
      <TextField
        type="date"
        label={say.wallet.to}
        value={filters.to ?? ''}
        min={filters.from}
        onChange={(event) => onChange(withDay(filters, 'to', event.target.value))}
      />
    </>
  )
}

/** The filters with a kind more or less; every kind is the same as none chosen. */
export function withKind(filters: Filters, kind: Kind, on: boolean): Filters {
  const { kind: before = [], ...rest } = filters
  const chosen = KINDS.filter((each) => (each === kind ? on : before.includes(each)))
  const isSome = chosen.length > 0 && chosen.length < KINDS.length
  return { ...rest, ...(isSome && { kind: chosen }) }
}

function withDay(filters: Filters, which: 'from' | 'to', day: string): Filters {
  const { [which]: _before, ...rest } = filters
  return { ...rest, ...(day && { [which]: day }) }
}
