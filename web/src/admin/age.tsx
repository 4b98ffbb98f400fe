import { useFormats } from '../say'
import { useNow } from '../ui/time'

/** How long something has been so: 4 min. It goes on by itself. */
export function Age({ since }: { since: string }) {
  const { duration, dateTime } = useFormats()
  const now = useNow(10_000)
  return (
    <time dateTime={since} title={dateTime(since)} className="figures">
      {duration((now - Date.parse(since)) / 1000)}
    </time>
  )
}
