import { useSay } from '../say'
import { Button } from '../ui/button'
import { Checkbox } from '../ui/checkbox'
import { TextField } from '../ui/field'
import { dayOf, type HistorySearch, STATUSES } from './filters'
import { useOperationNames } from './task-list'

interface Props {
  search: HistorySearch
  onChange: (change: Partial<HistorySearch>) => void
}

/** Any of the states that a task can be in. */
export function StatusBoxes({ search, onChange }: Props) {
  const say = useSay()
  const options = STATUSES.map((value) => ({ value, label: say.task.status[value] }))
  return (
    <Boxes options={options} chosen={search.status} onChange={(status) => onChange({ status })} />
  )
}

/** Any of the operations. */
export function OperationBoxes({ search, onChange }: Props) {
  const options = [...useOperationNames()].map(([value, label]) => ({ value, label }))
  return <Boxes options={options} chosen={search.op} onChange={(op) => onChange({ op })} />
}

interface BoxesProps {
  options: readonly { value: string; label: string }[]
  /** With dots between, as in the address. */
  chosen: string | undefined
  onChange: (chosen: string | undefined) => void
}

function Boxes({ options, chosen, onChange }: BoxesProps) {
  const values = chosen?.split('.') ?? []
  return (
    <div className="flex flex-col gap-3">
      {options.map(({ value, label }) => (
        <Checkbox
          key={value}
          label={label}
          checked={values.includes(value)}
          onChange={(isChosen) => {
            const next = options
              .map((each) => each.value)
              .filter((each) => (each === value ? isChosen : values.includes(each)))
            onChange(next.join('.') || undefined)
          }}
        />
      ))}
    </div>
  )
}

/** From which day to which, both counted in; or the last few. */
export function DateFields({ search, onChange }: Props) {
  const say = useSay()
  const last = (days: number) => {
    const now = new Date()
    const first = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days + 1)
    onChange({ from: dayOf(first), to: undefined })
  }
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap gap-2">
        {[7, 30].map((days) => (
          <Button key={days} className="px-3!" onClick={() => last(days)}>
            {say.history.lastDays(days)}
          </Button>
        ))}
        <Button look="quiet" onClick={() => onChange({ from: undefined, to: undefined })}>
          {say.history.anyTime}
        </Button>
      </div>
      <div className="flex gap-3">
        <TextField
          type="date"
          label={say.history.from}
          value={search.from ?? ''}
          max={search.to}
          onChange={(event) => onChange({ from: event.target.value || undefined })}
          className="grow"
        />
        <TextField
          type="date"
          label={say.history.to}
          value={search.to ?? ''}
          min={search.from}
          onChange={(event) => onChange({ to: event.target.value || undefined })}
          className="grow"
        />
      </div>
    </div>
  )
}
