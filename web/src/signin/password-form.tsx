import { Eye, EyeOff } from 'lucide-react'
import { type SyntheticEvent, useState } from 'react'
import { useDoorSay } from '../say'
import { Button } from '../ui/button'
import { control, Field, TextField } from '../ui/field'
import { join } from '../ui/join'
import { enterByPassword } from './calls'
import { clock } from './clock'
import { useAttempt } from './refusal'

interface Props {
  channel: string
  email: string
  onEmail: (email: string) => void
  onIn: () => void | Promise<void>
  onCode: () => void
}

/** An address and a password. */
export function PasswordForm({ channel, email, onEmail, onIn, onCode }: Props) {
  const say = useDoorSay()
  const [password, setPassword] = useState('')
  const [isShown, setShown] = useState(false)
  const [wasSent, setSent] = useState(false)
  const { attempt, sentence, locked, forget } = useAttempt(
    'password',
    () => enterByPassword(channel, email.trim(), password),
    onIn,
  )
  const empty = (text: string) => (wasSent && !text.trim() ? say.signin.empty : undefined)

  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    setSent(true)
    if (email.trim() && password && !locked && !attempt.isPending) attempt.mutate()
  }
  const Icon = isShown ? EyeOff : Eye

  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <TextField
        label={say.signin.email}
        error={empty(email)}
        type="email"
        name="email"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        value={email}
        onChange={(event) => {
          onEmail(event.target.value)
          forget()
        }}
      />
      <Field
        label={say.signin.password}
        hint={say.signin.forgotten}
        error={empty(password) ?? sentence}
      >
        {(tied) => (
          <span className="relative block">
            <input
              {...tied}
              type={isShown ? 'text' : 'password'}
              name="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => {
                setPassword(event.target.value)
                forget()
              }}
              className={join(control, 'pr-11')}
            />
            <button
              type="button"
              aria-pressed={isShown}
              aria-label={say.signin.showPassword}
              onClick={() => setShown(!isShown)}
              className="absolute inset-y-0 right-0 inline-flex w-10 items-center justify-center text-ink-2 hover:text-ink"
            >
              <Icon size={18} strokeWidth={1.5} aria-hidden />
            </button>
          </span>
        )}
      </Field>
      <Button
        type="submit"
        look="primary"
        busy={attempt.isPending}
        blocked={locked ? say.signin.waitFor(clock(locked)) : undefined}
        className="w-full"
      >
        {attempt.isPending ? say.shell.asking : say.signin.title}
      </Button>
      <Button look="quiet" onClick={onCode} className="-ml-4 justify-self-start">
        {say.signin.useCode}
      </Button>
    </form>
  )
}
