import { useEffect, useState } from 'react'
import { useLink } from '../live/link'
import { useDoorSay, useFormats } from '../say'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { useNewBuild } from './build'

/** Milliseconds after which a lost connection is worth a word. */
const PATIENCE = 3000

/** A bar under the header while what one sees may be old: offline, reconnecting, catching up. */
export function LinkBar() {
  const say = useDoorSay()
  const sentence = useTrouble()
  const updated = useNewBuild()
  const announce = useAnnounce()

  useEffect(() => {
    if (sentence) announce(sentence)
  }, [sentence, announce])

  if (updated)
    return (
      <Bar>
        {say.shell.updated}
        <Button
          look="quiet"
          className="min-h-6! px-2! py-0! underline"
          onClick={() => globalThis.location.reload()}
        >
          {say.shell.reload}
        </Button>
      </Bar>
    )
  return sentence && <Bar>{sentence}</Bar>
}

function Bar({ children }: { children: React.ReactNode }) {
  return (
    <div
      data-link-bar
      className="sticky top-14 z-20 flex min-h-7 items-center justify-center gap-2 border-b border-line bg-sunk px-4 text-label text-ink-2"
    >
      {children}
    </div>
  )
}

function useTrouble(): string | undefined {
  const say = useDoorSay()
  const { time } = useFormats()
  const { state, since } = useLink()
  const late = useLater(state === 'reconnecting', PATIENCE)
  switch (state) {
    case 'offline':
      return say.shell.offline(time(since))
    case 'reconnecting':
      return late ? say.shell.reconnecting : undefined
    case 'catching-up':
      return say.shell.catchingUp
    case 'polling':
      return say.shell.slowUpdates
    default:
      return undefined
  }
}

/** True once `active` has held for so many milliseconds. */
function useLater(active: boolean, delay: number): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (!active) return
    const timer = setTimeout(() => setLate(true), delay)
    return () => {
      clearTimeout(timer)
      setLate(false)
    }
  }, [active, delay])
  return late
}
