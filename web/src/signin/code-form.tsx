import { type SyntheticEvent, useEffect, useRef, useState } from 'react'
import { useDoorSay, useLanguage } from '../say'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { control, Field } from '../ui/field'
import { join } from '../ui/join'
import { ask, enterByCode } from './calls'
import { clock, useSecondsLeft } from './clock'
import { useAttempt } from './refusal'
import type { Sent } from './sent'
import { digitsOf } from './sentences'

interface Props {
  channel: string
  sent: Sent
  /** Where letters lie while there is no mail server; told in development alone. */
  outbox: string | null | undefined
  onSent: (sent: Sent) => void
  onIn: () => void | Promise<void>
  onOther: () => void
}

/** The code of the letter in one field, and another letter once that makes sense. */
export function CodeForm({ channel, sent, outbox, onSent, onIn, onOther }: Props) {
  const say = useDoorSay()
  const [language] = useLanguage()
  const announce = useAnnounce()
  const [code, setCode] = useState('')
  const [isShort, setShort] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const life = useSecondsLeft(sent.expiresAt)
  const wait = useSecondsLeft(sent.resendAt)

  const enter = useAttempt('code', (digits: string) => enterByCode(sent.challengeId, digits), onIn)
  const again = useAttempt(
    'code',
    () => ask(channel, sent.email, language),
    (next: Sent) => {
      enter.attempt.reset()
      setCode('')
      announce(say.signin.newCodeSent)
      onSent(next)
      field.current?.focus()
    },
  )

  useEffect(() => field.current?.focus(), [])

  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const digits = digitsOf(code)
    setShort(digits.length < 6)
    if (digits.length === 6 && !enter.locked && !enter.attempt.isPending)
      enter.attempt.mutate(digits)
  }
  const over = life === 0 ? say.signin.codeOver : undefined
  const pause = Math.max(wait, again.locked)

  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <p className="text-ink-2">
        {sent.kind === 'link' ? say.signin.linkSent : say.signin.codeSent}{' '}
        <strong className="block font-semibold break-words text-ink">{sent.email}</strong>
      </p>
      {outbox && (
        <p className="border-l-2 border-ochre pl-3 text-label break-words text-ink-2">
          {say.signin.outbox(outbox)}
        </p>
      )}
      {sent.kind === 'code' && (
        <>
          <Field
            label={say.signin.code}
            hint={
              life > 0 ? `${say.signin.codeHint} ${say.signin.codeEnds(clock(life))}` : undefined
            }
            error={isShort ? say.signin.codeShape : (enter.sentence ?? over)}
          >
            {(tied) => (
              <input
                {...tied}
                ref={field}
                name="code"
                inputMode="numeric"
                autoComplete="one-time-code"
                maxLength={20}
                value={code}
                onChange={(event) => {
                  setCode(event.target.value)
                  setShort(false)
                  enter.forget()
                }}
                className={join(control, 'figures text-section tracking-[0.3em]')}
              />
            )}
          </Field>
          <Button
            type="submit"
            look="primary"
            busy={enter.attempt.isPending}
            blocked={over ?? (enter.locked ? say.signin.waitFor(clock(enter.locked)) : undefined)}
            className="w-full"
          >
            {enter.attempt.isPending ? say.shell.asking : say.signin.goOn}
          </Button>
        </>
      )}
      <div className="-mx-4 flex flex-wrap justify-between gap-2">
        <Button look="quiet" onClick={onOther}>
          {say.signin.otherAddress}
        </Button>
        <Button
          look="quiet"
          busy={again.attempt.isPending}
          blocked={pause ? say.signin.newCodeIn(clock(pause)) : undefined}
          onClick={() => again.attempt.mutate(undefined)}
          className="figures"
        >
          {pause ? say.signin.newCodeIn(clock(pause)) : say.signin.newCode}
        </Button>
      </div>
      {again.sentence && (
        <p role="alert" className="text-label font-semibold text-vermilion">
          {again.sentence}
        </p>
      )}
    </form>
  )
}
