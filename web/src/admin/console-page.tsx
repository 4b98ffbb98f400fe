import { RefreshCw } from 'lucide-react'
import { type ReactNode } from 'react'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { useConsoleLive } from './stream'

interface Props {
  title: string
  /** When what is shown was read, and how it is read again. */
  readAt?: number | undefined
  onRefresh?: (() => void) | undefined
  isReading?: boolean
  children: ReactNode
}

/** A page of the console: its title, whether it is live, and the way to read it anew. */
export function ConsolePage({ title, readAt, onRefresh, isReading = false, children }: Props) {
  const say = useSay()
  const { time } = useFormats()
  const isLive = useConsoleLive()
  return (
    <div className="flex min-w-0 flex-col px-4 py-6 md:px-6">
      <div className="mb-6 flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <h1>{title}</h1>
        <div className="flex items-center gap-4 text-label text-ink-2">
          <span
            className={isLive ? 'text-verdigris' : 'text-ink-3'}
            title={isLive ? undefined : say.console.notLiveHint}
          >
            <span aria-hidden>{isLive ? '●' : '○'}</span>{' '}
            {isLive ? say.console.live : say.console.notLive}
          </span>
          {readAt !== undefined && readAt > 0 && (
            <span className="figures">{say.console.asOf(time(new Date(readAt)))}</span>
          )}
          {onRefresh && (
            <Button look="quiet" className="px-2!" busy={isReading} onClick={onRefresh}>
              <RefreshCw size={16} strokeWidth={1.5} aria-hidden />
              {say.console.refresh}
            </Button>
          )}
        </div>
      </div>
      {children}
    </div>
  )
}
