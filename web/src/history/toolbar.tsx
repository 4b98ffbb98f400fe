import { Search, SlidersHorizontal } from 'lucide-react'
import { type RefObject, useEffect, useState } from 'react'
import { useSay } from '../say'
import { Button } from '../ui/button'
import { Choice } from '../ui/choice'
import { control } from '../ui/field'
import { join } from '../ui/join'
import { Sheet } from '../ui/sheet'
import { DateFields, OperationBoxes, StatusBoxes } from './filter-fields'
import { FilterMenu } from './filter-menu'
import { type HistorySearch, isFiltered } from './filters'

interface Props {
  search: HistorySearch
  onChange: (change: Partial<HistorySearch>) => void
  field: RefObject<HTMLInputElement | null>
}

/** What is shown, and how. On phones the filters lie in a sheet. */
export function Toolbar({ search, onChange, field }: Props) {
  const say = useSay()
  const [isOpen, setOpen] = useState(false)
  const clear = () =>
    onChange({ q: undefined, status: undefined, op: undefined, from: undefined, to: undefined })
  const fields = { search, onChange }
  return (
    <div className="sticky top-14 z-20 border-b border-line bg-ground px-4 md:px-6">
      <div role="search" className="flex h-16 items-center gap-2">
        <SearchField {...{ field }} value={search.q ?? ''} onChange={(q) => onChange({ q })} />
        <div className="hidden items-center gap-2 md:flex">
          <FilterMenu label={say.history.status} count={countOf(search.status)}>
            <StatusBoxes {...fields} />
          </FilterMenu>
          <FilterMenu label={say.history.operation} count={countOf(search.op)}>
            <OperationBoxes {...fields} />
          </FilterMenu>
          <FilterMenu label={say.history.dates} count={search.from || search.to ? 1 : 0}>
            <DateFields {...fields} />
          </FilterMenu>
          {isFiltered(search) && (
            <Button look="quiet" onClick={clear}>
              {say.history.clear}
            </Button>
          )}
        </div>
        <Button className="px-3! md:hidden" onClick={() => setOpen(true)}>
          <SlidersHorizontal size={18} strokeWidth={1.5} aria-hidden />
          <span className="sr-only sm:not-sr-only">{say.history.filters}</span>
        </Button>
        <Choice
          bare
          label={say.history.view}
          className="ml-auto shrink-0"
          value={search.view ?? 'rows'}
          onChoose={(view) => onChange({ view: view === 'grid' ? view : undefined })}
          options={[
            { value: 'rows', label: say.history.rows },
            { value: 'grid', label: say.history.grid },
          ]}
        />
      </div>
      <Sheet open={isOpen} onOpenChange={setOpen} title={say.history.filters}>
        <div className="flex flex-col gap-6">
          <fieldset>
            <legend className="mb-2 text-label font-semibold">{say.history.status}</legend>
            <StatusBoxes {...fields} />
          </fieldset>
          <fieldset>
            <legend className="mb-2 text-label font-semibold">{say.history.operation}</legend>
            <OperationBoxes {...fields} />
          </fieldset>
          <fieldset>
            <legend className="mb-2 text-label font-semibold">{say.history.dates}</legend>
            <DateFields {...fields} />
          </fieldset>
          {isFiltered(search) && <Button onClick={clear}>{say.history.clear}</Button>}
        </div>
      </Sheet>
    </div>
  )
}

interface SearchProps {
  value: string
  onChange: (q: string | undefined) => void
  field: RefObject<HTMLInputElement | null>
}

/** Milliseconds of rest after which what was typed is searched for. */
const REST = 250

function SearchField({ value, onChange, field }: SearchProps) {
  const say = useSay()
  const [typed, setTyped] = useState(value)
  const [known, setKnown] = useState(value)
  if (value !== known) {
    setKnown(value)
    setTyped(value)
  }
  useEffect(() => {
    if (typed.trim() === value) return
    const timer = setTimeout(() => onChange(typed.trim() || undefined), REST)
    return () => clearTimeout(timer)
  }, [typed, value, onChange])
  return (
    <span className="relative block min-w-0 grow md:max-w-72">
      <Search
        aria-hidden
        size={18}
        strokeWidth={1.5}
        className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-ink-3"
      />
      <input
        ref={field}
        type="search"
        value={typed}
        maxLength={100}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
        aria-label={say.history.search}
        placeholder={say.history.search}
        className={join(control, 'pl-9')}
      />
    </span>
  )
}

function countOf(dotted: string | undefined): number {
  return dotted ? dotted.split('.').length : 0
}
