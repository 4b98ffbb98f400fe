import { Check, Copy } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useDoorSay } from '../say'
import { useAnnounce } from './announce'
import { IconButton } from './button'

interface Props {
  text: string
  label?: string
}

/** Copies a text; where the clipboard is missing (plain HTTP) the text shows, selected. */
export function CopyButton({ text, label }: Props) {
  const say = useDoorSay()
  const announce = useAnnounce()
  const [state, setState] = useState<'idle' | 'copied' | 'shown'>('idle')
  const shown = useRef<HTMLInputElement>(null)

  useEffect(() => {
    if (state === 'shown') shown.current?.select()
    if (state !== 'copied') return
    const timer = setTimeout(() => setState('idle'), 2000)
    return () => clearTimeout(timer)
  }, [state])

  const copy = async () => {
    const clipboard = (navigator as { clipboard?: Clipboard }).clipboard
    try {
      if (!clipboard) throw new Error('no clipboard')
      await clipboard.writeText(text)
      setState('copied')
      announce(say.shell.copied)
    } catch {
      setState('shown')
    }
  }

  if (state === 'shown')
    return (
      <input
        ref={shown}
        readOnly
        value={text}
        aria-label={label ?? say.shell.copy}
        onBlur={() => setState('idle')}
        className="min-h-8 w-64 rounded-control border border-edge bg-panel px-2 font-mono text-label"
      />
    )
  return (
    <IconButton
      label={label ?? say.shell.copy}
      onClick={() => void copy()}
      className="size-8 align-middle"
    >
      {state === 'copied' ? (
        <Check size={16} aria-hidden />
      ) : (
        <Copy size={16} strokeWidth={1.5} aria-hidden />
      )}
    </IconButton>
  )
}
