import { useLanguage, useSay } from '../say'
import { join } from '../ui/join'
import type { Plan, Section } from './plan'

interface Props {
  plan: Plan
  /** The height at which the window begins. */
  top: number
  onJump: (section: Section) => void
}

/** The months in which there is anything; a press goes there. Years stand for those long past. */
export function Rail({ plan, top, onJump }: Props) {
  const say = useSay()
  const marks = useMarks(plan)
  const current = marks.findLast(({ section }) => section.top <= top + 1) ?? marks[0]
  return (
    <nav
      aria-label={say.history.rail}
      className="sticky top-(--history-top) hidden max-h-[calc(100dvh-var(--history-top))] w-20 shrink-0 overflow-y-auto border-l border-line py-2 md:block"
    >
      <ol>
        {marks.map((mark) => (
          <li key={mark.key}>
            <button
              type="button"
              aria-current={mark === current ? 'date' : undefined}
              onClick={() => onJump(mark.section)}
              className={join(
                '-ml-px block min-h-7 w-full border-l-2 px-3 text-left text-label hover:text-ink',
                mark === current
                  ? 'border-bole font-semibold text-ink'
                  : 'border-transparent text-ink-3',
              )}
            >
              {mark.label}
              <span className="sr-only"> {mark.year}</span>
            </button>
          </li>
        ))}
      </ol>
    </nav>
  )
}

interface Mark {
  key: string
  label: string
  /** Said where the label does not show it. */
  year: string
  section: Section
}

/** Months that the rail has room for; older ones go by the year. */
const MONTHS = 18

function useMarks(plan: Plan): Mark[] {
  const [language] = useLanguage()
  const marks: Mark[] = []
  const seen = new Set<string>()
  const thisYear = String(new Date().getFullYear())
  for (const section of plan.sections) {
    const [year, month] = [section.day.slice(0, 4), section.day.slice(0, 7)]
    const key = seen.size < MONTHS ? month : year
    if (seen.has(key) || (key === year && marks.at(-1)?.key.startsWith(year))) continue
    seen.add(key)
    const at = new Date(`${section.day}T12:00:00`)
    const short = at.toLocaleDateString(language, { month: 'short' })
    const label = key === year ? year : year === thisYear ? short : `${short} ${year.slice(2)}`
    marks.push({ key, label, year: label === short ? year : '', section })
  }
  return marks
}
