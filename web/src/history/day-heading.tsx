import { useLanguage, useSay } from '../say'
import { dayOf } from './filters'

interface Props {
  day: string
  tasks: number
}

/** A day's name, which stays in sight while its tasks pass. */
export function DayHeading({ day, tasks }: Props) {
  const say = useSay()
  const name = useDayName()
  return (
    <h2 className="sticky top-(--history-top) z-10 flex h-11 items-end gap-3 border-b border-line bg-ground px-2 pb-2 font-sans text-body font-semibold">
      {name(day)}
      <span className="text-label font-normal text-ink-3 figures">
        {say.history.dayCount(tasks)}
      </span>
    </h2>
  )
}

/** Today, yesterday, Friday 20 November, and the year where it is another one. */
function useDayName(): (day: string) => string {
  const say = useSay()
  const [language] = useLanguage()
  return (day) => {
    const now = new Date()
    if (day === dayOf(now)) return say.history.today
    if (day === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1)))
      return say.history.yesterday
    const at = new Date(`${day}T12:00:00`)
    return at.toLocaleDateString(language === 'en' ? navigator.language : language, {
      weekday: 'long',
      day: 'numeric',
      month: 'long',
      ...(at.getFullYear() !== now.getFullYear() && { year: 'numeric' }),
    })
  }
}
