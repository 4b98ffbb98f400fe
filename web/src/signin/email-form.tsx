import { type SyntheticEvent, useState } from 'react'
import { useDoorSay, useLanguage } from '../say'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { ask } from './calls'
import { clock } from './clock'
import { useAttempt } from './refusal'
import type { Sent } from './sent'

interface Props {
  channel: string
  email: string
  onEmail: (email: string) => void
  onSent: (sent: Sent) => void | Promise<void>
  onPassword: () => void
}

/** An address, to which a code goes. */
export function EmailForm({ channel, email, onEmail, onSent, onPassword }: Props) {
  const say = useDoorSay()
  const [language] = useLanguage()
  const [isEmpty, setEmpty] = useState(false)
  const { attempt, sentence, locked, forget } = useAttempt(
    'code',
    (address: string) => ask(channel, address, language),
    onSent,
  )

  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    setEmpty(!email.trim())
    if (email.trim() && !locked && !attempt.isPending) attempt.mutate(email.trim())
  }

  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <TextField
        label={say.signin.email}
        hint={say.signin.emailHint}
        error={isEmpty ? say.signin.empty : sentence}
        type="email"
        name="email"
        autoComplete="email"
        autoCapitalize="none"
        spellCheck={false}
        value={email}
        onChange={(event) => {
          onEmail(event.target.value)
          setEmpty(false)
          forget()
        }}
      />
      <Button
        type="submit"
        look="primary"
        busy={attempt.isPending}
        blocked={locked ? say.signin.waitFor(clock(locked)) : undefined}
        className="w-full"
      >
        {attempt.isPending ? say.shell.asking : say.signin.sendCode}
      </Button>
      <Button look="quiet" onClick={onPassword} className="-ml-4 justify-self-start">
        {say.signin.usePassword}
      </Button>
    </form>
  )
}
