import { type SyntheticEvent, useState } from 'react'
import type { ApiKeyOut, Me } from '../../api/types'
import { useFormats, useSay } from '../../say'
import { Button } from '../../ui/button'
import { TextArea, TextField } from '../../ui/field'
import { Select } from '../../ui/select'
import { Failure } from '../../ui/states'
import { endOf, EXPIRIES, type Expiry, networksOf } from './expiry'
import { type Scope, Scopes, USUAL } from './scopes'

export interface KeyWish {
  name: string
  scopes: Scope[]
  allowed_addresses: string[]
  expires_at?: string
}

interface Props {
  me: Me
  /** The key that is changed; none: a new one. */
  before?: ApiKeyOut
  isBusy: boolean
  error: Error | null
  act: string
  onWish: (wish: KeyWish) => void
}

/** Name, permissions, end and origin of a key. */
export function KeyForm({ me, before, isBusy, error, act, onWish }: Props) {
  const say = useSay()
  const [name, setName] = useState(before?.name ?? '')
  const [scopes, setScopes] = useState<Scope[]>(() =>
    before ? (before.scopes as Scope[]) : USUAL.filter((each) => me.scopes.includes(each)),
  )
  const [expiry, setExpiry] = useState<Expiry | 'as-is'>(before ? 'as-is' : '90')
  const [from, setFrom] = useState(before?.allowed_addresses.join('\n') ?? '')
  const [wasSent, setSent] = useState(false)

  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    setSent(true)
    if (!name.trim() || scopes.length === 0 || isBusy) return
    onWish({
      name: name.trim(),
      scopes,
      allowed_addresses: networksOf(from),
      ...(expiry !== 'as-is' && { expires_at: endOf(expiry) }),
    })
  }
  return (
    <form noValidate onSubmit={submit} className="grid gap-5">
      <div className="grid gap-x-6 gap-y-5 sm:grid-cols-2">
        <TextField
          label={say.settings.keyName}
          hint={say.settings.keyNameHint}
          error={wasSent && !name.trim() ? say.signin.empty : undefined}
          dir="auto"
          autoComplete="off"
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <ExpirySelect before={before} expiry={expiry} onChoose={setExpiry} />
      </div>
      <Scopes
        me={me}
        scopes={scopes}
        onChange={setScopes}
        error={wasSent && scopes.length === 0 ? say.settings.keyScopesNone : undefined}
      />
      <TextArea
        label={say.settings.keyFrom}
        hint={say.settings.keyFromHint}
        optional
        rows={2}
        spellCheck={false}
        value={from}
        onChange={(event) => setFrom(event.target.value)}
      />
      {error && <Failure error={error} />}
      <Button type="submit" look="primary" busy={isBusy} className="justify-self-end">
        {isBusy ? say.shell.asking : act}
      </Button>
    </form>
  )
}

interface ExpiryProps {
  before: ApiKeyOut | undefined
  expiry: Expiry | 'as-is'
  onChoose: (expiry: Expiry | 'as-is') => void
}

function ExpirySelect({ before, expiry, onChoose }: ExpiryProps) {
  const say = useSay()
  const { date } = useFormats()
  const asIs = before && {
    value: 'as-is' as const,
    label: before.expires_at
      ? `${say.settings.keyEnds} ${date(before.expires_at)}`
      : say.settings.keyNever,
  }
  return (
    <Select
      label={say.settings.keyExpires}
      hint={expiry === 'never' ? say.settings.keyForEverWarn : undefined}
      value={expiry}
      onChoose={onChoose}
      options={[
        ...(asIs ? [asIs] : []),
        ...EXPIRIES.map((each) => ({
          value: each,
          label: each === 'never' ? say.settings.keyForEver : say.settings.keyFor(Number(each)),
        })),
      ]}
    />
  )
}
