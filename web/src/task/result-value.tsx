import { type ReactNode } from 'react'
import { useFormats } from '../say'
import { CopyButton } from '../ui/copy'

type Json = Record<string, unknown>

/** What came of it, where that is words and figures: names at the left, what they say at the right. */
export function ResultValue({ value }: { value: Json }) {
  return (
    <div className="max-w-measure border-t border-line">
      <Members value={value} />
      <div className="flex justify-end pt-2">
        <CopyButton text={JSON.stringify(value, null, 2)} />
      </div>
    </div>
  )
}

function Members({ value }: { value: Json }) {
  return (
    <dl>
      {Object.entries(value).map(([name, each]) => (
        <div
          key={name}
          className="grid gap-x-6 border-b border-line py-2 last:border-b-0 sm:grid-cols-[10rem_1fr]"
        >
          <dt className="text-label text-ink-2 first-letter:uppercase">
            {name.replaceAll('_', ' ')}
          </dt>
          <dd dir="auto" className="[overflow-wrap:anywhere]">
            <Value value={each} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Value({ value }: { value: unknown }): ReactNode {
  const { number } = useFormats()
  if (value === null || value === undefined || value === '') return '–'
  if (typeof value === 'number') return <span className="figures">{number(value)}</span>
  if (typeof value === 'boolean') return value ? '✓' : '✕'
  if (typeof value === 'string') return <span className="whitespace-pre-wrap">{value}</span>
  if (Array.isArray(value)) return <Items values={value as unknown[]} />
  return <Members value={value as Json} />
}

function Items({ values }: { values: unknown[] }) {
  if (values.length === 0) return '–'
  if (values.every((each) => typeof each === 'string' && each.length < 40))
    return values.join(' · ')
  return (
    <ul className="flex flex-col gap-2">
      {values.map((each, place) => (
        <li key={place}>
          <Value value={each} />
        </li>
      ))}
    </ul>
  )
}
