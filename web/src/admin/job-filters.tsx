import { useFormats, useSay } from '../say'
import { Checkbox } from '../ui/checkbox'
import { Select } from '../ui/select'
import { LIVE } from './live-states'
import type { JobsSearch } from './jobs-search'
import { useProviders, useQueues } from './use-house'

interface Props {
  search: JobsSearch
  onChange: (search: JobsSearch) => void
}

const AGES = [60, 600, 3600, 86_400]
const ALL = 'all'

/** Which jobs are shown: the states as words to press, the rest as lists. */
export function JobFilters({ search, onChange }: Props) {
  const words = useSay().console
  const { duration } = useFormats()
  const queues = useQueues().data?.items ?? []
  const providers = useProviders().data?.items ?? []
  const chosen = search.status?.split('.') ?? []
  const set = (change: Partial<JobsSearch>) => onChange({ ...search, ...change })

  return (
    <div className="mb-4 flex flex-col gap-4">
      <div role="group" aria-label={words.state} className="flex flex-wrap gap-2">
        {LIVE.map((status) => {
          const isOn = chosen.includes(status)
          return (
            <button
              key={status}
              type="button"
              aria-pressed={isOn}
              onClick={() => {
                const next = LIVE.filter((each) => chosen.includes(each) !== (each === status))
                set({ status: next.join('.') || undefined })
              }}
              className={`min-h-8 rounded-control border px-3 text-label ${isOn ? 'border-bole font-semibold text-ink' : 'border-edge text-ink-2 hover:text-ink'}`}
            >
              {words.jobStatus[status]}
            </button>
          )
        })}
      </div>
      <div className="flex flex-wrap items-end gap-3">
        <Select
          label={words.queue}
          value={search.queue ?? ALL}
          onChoose={(queue) => set({ queue: queue === ALL ? undefined : queue })}
          options={[
            { value: ALL, label: words.allQueues },
            ...queues.map(({ name }) => ({ value: name, label: name })),
          ]}
        />
        <Select
          label={words.provider}
          value={search.provider ?? ALL}
          onChoose={(provider) => set({ provider: provider === ALL ? undefined : provider })}
          options={[
            { value: ALL, label: words.allProviders },
            ...providers.map(({ name }) => ({ value: name, label: name })),
          ]}
        />
        <Select
          label={words.age}
          value={String(search.older ?? ALL)}
          onChoose={(older) => set({ older: older === ALL ? undefined : Number(older) })}
          options={[
            { value: ALL, label: words.anyAge },
            ...AGES.map((age) => ({ value: String(age), label: words.olderThan(duration(age)) })),
          ]}
        />
        <span className="flex min-h-10 items-center">
          <Checkbox
            label={words.overdue}
            checked={search.overdue ?? false}
            onChange={(overdue) => set({ overdue: overdue || undefined })}
          />
        </span>
      </div>
    </div>
  )
}
