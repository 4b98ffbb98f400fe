import { useMutation, useQuery } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { confirmErasure, eraseAccount } from '../api/calls'
import { getWalletOptions } from '../api/queries'
import { tellOtherTabs } from '../api/session'
import type { ErasureOut, Me } from '../api/types'
import { STREAMED } from '../queries'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { CopyButton } from '../ui/copy'
import { Dialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { Failure } from '../ui/states'
import { useFresh } from './fresh'
import { Section } from './section'

/** The end of the account; asked twice, and with one's own address typed. */
export function DeleteAccount({ me }: { me: Me }) {
  const say = useSay()
  const [isOpen, setOpen] = useState(false)
  return (
    <Section title={say.settings.deleteTitle} lead={say.settings.deleteLead}>
      <Button look="danger" onClick={() => setOpen(true)}>
        {say.settings.deleteDo}
      </Button>
      {isOpen && <DeleteDialog me={me} onOpenChange={setOpen} />}
    </Section>
  )
}

function DeleteDialog({ me, onOpenChange }: { me: Me; onOpenChange: (open: boolean) => void }) {
  const say = useSay()
  const { credits } = useFormats()
  const wallet = useQuery({ ...getWalletOptions(), ...STREAMED })
  const [typed, setTyped] = useState('')
  const [runFresh, freshDialog] = useFresh()
  const end = useMutation({
    mutationFn: () =>
      runFresh(async () => {
        const { data } = await confirmErasure()
        const headers = { 'Gesso-Confirmation': data.confirmation }
        return (await eraseAccount({ headers })).data
      }),
  })
  const isTyped = typed.trim().toLowerCase() === me.email.toLowerCase()
  if (end.isSuccess) return <Ended receipt={end.data} />

  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (isTyped && !end.isPending) end.mutate()
  }
  return (
    <Dialog
      open
      onOpenChange={onOpenChange}
      title={say.settings.deleteSure}
      description={say.settings.deleteLead}
    >
      <form noValidate onSubmit={submit} className="grid gap-4">
        {wallet.data && /[1-9]/.test(wallet.data.total) && (
          <p className="font-semibold text-ochre">
            <span aria-hidden>▲ </span>
            {say.settings.deleteCredits(credits(wallet.data.total))}
          </p>
        )}
        <TextField
          label={say.settings.deleteType(me.email)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        {end.isError && !freshDialog && <Failure error={end.error} />}
        <div className="flex flex-row-reverse flex-wrap gap-3">
          <Button
            type="submit"
            look="danger"
            busy={end.isPending}
            blocked={isTyped ? undefined : say.settings.deleteType(me.email)}
          >
            {end.isPending ? say.shell.asking : say.settings.deleteNow}
          </Button>
          <Button onClick={() => onOpenChange(false)}>{say.shell.cancel}</Button>
        </div>
      </form>
      {freshDialog}
    </Dialog>
  )
}

/** The account has ended; the receipt is the last thing that is shown of it. */
function Ended({ receipt }: { receipt: ErasureOut }) {
  const say = useSay()
  const leave = () => {
    tellOtherTabs('out')
    globalThis.location.assign('/')
  }
  return (
    <Dialog
      open
      dismissable={false}
      onOpenChange={leave}
      title={say.settings.deletedTitle}
      description={say.settings.deletedLead}
      actions={
        <Button look="primary" onClick={leave}>
          {say.settings.toHome}
        </Button>
      }
    >
      <p className="text-label text-ink-2">{say.settings.receipt}</p>
      <p>
        <code className="font-mono break-all">{receipt.receipt}</code>{' '}
        <CopyButton text={receipt.receipt} />
      </p>
    </Dialog>
  )
}
