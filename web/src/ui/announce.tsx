import { createContext, use, useEffect, useState, type ReactNode } from 'react'

const Context = createContext<(sentence: string) => void>(() => undefined)

/** Milliseconds between two sentences; the latest of those that wait is said. */
const PAUSE = 5000

/** Say a sentence in the app's one polite live region: changes of state, never percentages. */
export function useAnnounce(): (sentence: string) => void {
  return use(Context)
}

/** Lets sentences through one by one, with a pause between them. */
class Speaker {
  private waiting: string | undefined
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly speak: (sentence: string) => void) {}

  announce = (sentence: string): void => {
    this.waiting = sentence
    if (this.timer === undefined) this.next()
  }

  stop = (): void => {
    clearTimeout(this.timer)
    this.timer = undefined
  }

  private next(): void {
    this.timer = undefined
    if (this.waiting === undefined) return
    this.speak(this.waiting)
    this.waiting = undefined
    this.timer = setTimeout(() => this.next(), PAUSE)
  }
}

/** Holds the live region; one for the whole app. */
export function Announcer({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState('')
  const [speaker] = useState(() => new Speaker(setSaid))
  useEffect(() => speaker.stop, [speaker])
  return (
    <Context value={speaker.announce}>
      {children}
      <div role="status" aria-live="polite" className="sr-only" data-announcer>
        {said}
      </div>
    </Context>
  )
}
