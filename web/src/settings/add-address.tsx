import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { asProblem } from '../api'
import { addAddress, askToAddAddress } from '../api/calls'
import { listIdentitiesQueryKey } from '../api/queries'
import { useLanguage, useSay } from '../say'
import { spoken } from '../signin/calls'
import { digitsOf, signinSentence } from '../signin/sentences'
import { type Sent, sentOf } from '../signin/sent'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { useFresh } from './fresh'

/** A further address: a code goes to it, and comes back. */
export function AddAddress({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const say = useSay()
  const [sent, setSent] = useState<Sent>()
  return (
    <Dialog
      open
      onOpenChange={onOpenChange}
      title={say.settings.addAddress}
      description={
        sent
          ? `${sent.kind === 'link' ? say.signin.linkSent : say.signin.codeSent} ${sent.email}`
          : say.settings.addAddressLead
      }
    >
      {!sent && <AddressStep onSent={setSent} />}
      {sent?.kind === 'code' && <CodeStep sent={sent} onDone={() => onOpenChange(false)} />}
    </Dialog>
  )
}

function AddressStep({ onSent }: { onSent: (sent: Sent) => void }) {
  const say = useSay()
  const [language] = useLanguage()
  const [email, setEmail] = useState('')
  const [runFresh, freshDialog] = useFresh()
  const ask = useMutation({
    mutationFn: (address: string) =>
      runFresh(async () => {
        const { data } = await askToAddAddress({
          body: { email: address },
          headers: spoken(language),
        })
        return sentOf(address, data)
      }),
    onSuccess: onSent,
  })
  const sentence = useAddingSentence(ask.error)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (email.trim()) ask.mutate(email.trim())
  }
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <TextField
        label={say.signin.email}
        error={freshDialog ? undefined : sentence}
        type="email"
        autoComplete="email"
        value={email}
        onChange={(event) => {
          setEmail(event.target.value)
          ask.reset()
        }}
      />
      <Button type="submit" look="primary" busy={ask.isPending} className="justify-self-end">
        {ask.isPending ? say.shell.asking : say.signin.sendCode}
      </Button>
      {freshDialog}
    </form>
  )
}

function CodeStep({ sent, onDone }: { sent: Sent; onDone: () => void }) {
  const say = useSay()
  const announce = useAnnounce()
  const queryClient = useQueryClient()
  const [code, setCode] = useState('')
  const [runFresh, freshDialog] = useFresh()
  const add = useMutation({
    mutationFn: (digits: string) =>
      runFresh(() => addAddress({ body: { challenge_id: sent.challengeId, code: digits } })),
    onSuccess: async () => {
      announce(say.settings.added)
      await queryClient.invalidateQueries({ queryKey: listIdentitiesQueryKey() })
      onDone()
    },
  })
  const sentence = useAddingSentence(add.error)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (digitsOf(code).length === 6) add.mutate(digitsOf(code))
  }
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <TextField
        label={say.signin.code}
        hint={say.signin.codeHint}
        error={freshDialog ? undefined : sentence}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={20}
        value={code}
        onChange={(event) => {
          setCode(event.target.value)
          add.reset()
        }}
      />
      <Button type="submit" look="primary" busy={add.isPending} className="justify-self-end">
        {add.isPending ? say.shell.asking : say.settings.addAddress}
      </Button>
      {freshDialog}
    </form>
  )
}

function useAddingSentence(error: Error | null): string | undefined {
  const say = useSay()
  if (!error) return undefined
  const problem = asProblem(error)
  return signinSentence(say, problem, { way: 'code', left: problem.retryAfter ?? 0 })
}
