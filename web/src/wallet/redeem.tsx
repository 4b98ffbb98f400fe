import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { asProblem, newKey, onceOnly } from '../api'
import { redeemCode } from '../api/calls'
import { getWalletQueryKey } from '../api/queries'
import type { RedeemOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { clock, lockedUntil, useSecondsLeft } from '../signin/clock'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { useSentence } from '../ui/states'

/** Turn a code into credits. */
export function RedeemDialog({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const say = useSay()
  const formats = useFormats()
  const announce = useAnnounce()
  const queryClient = useQueryClient()
  const [code, setCode] = useState('')
  const [isEmpty, setEmpty] = useState(false)
  // One key for one code: sent again after a lost answer, it gives the same and no more.
  const [key, setKey] = useState(newKey)
  const [until, setUntil] = useState<number>()
  const locked = useSecondsLeft(until)

  const redeem = useMutation({
    mutationFn: async (text: string) =>
      (await redeemCode({ body: { code: text }, headers: onceOnly(key) })).data,
    onSuccess: (got) => {
      announce(told(got))
      void queryClient.invalidateQueries({ queryKey: getWalletQueryKey() })
    },
    onError: (error) => {
      setUntil(lockedUntil(asProblem(error).retryAfter))
    },
  })
  const told = ({ amount, expires_at: ends }: RedeemOut) =>
    ends
      ? say.wallet.redeemedUntil(formats.credits(amount), formats.date(ends))
      : say.wallet.redeemed(formats.credits(amount))

  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    setEmpty(!code.trim())
    if (code.trim() && !locked && !redeem.isPending) redeem.mutate(code.trim())
  }
  const sentence = useRedeemSentence(redeem.error, locked)

  if (redeem.isSuccess)
    return (
      <Dialog
        open
        onOpenChange={onOpenChange}
        title={say.wallet.redeemTitle}
        description={told(redeem.data)}
        actions={
          <Button look="primary" onClick={() => onOpenChange(false)}>
            {say.shell.close}
          </Button>
        }
      />
    )
  return (
    <Dialog
      open
      onOpenChange={onOpenChange}
      title={say.wallet.redeemTitle}
      description={say.wallet.redeemLead}
    >
      <form noValidate onSubmit={submit} className="grid gap-4">
        <TextField
          label={say.wallet.code}
          error={isEmpty ? say.signin.empty : sentence}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          maxLength={64}
          value={code}
          onChange={(event) => {
            setCode(event.target.value)
            setKey(newKey())
            setEmpty(false)
            if (!locked) redeem.reset()
          }}
        />
        <Button
          type="submit"
          look="primary"
          busy={redeem.isPending}
          blocked={locked ? say.signin.waitFor(clock(locked)) : undefined}
          className="justify-self-end"
        >
          {redeem.isPending ? say.shell.asking : say.wallet.redeemDo}
        </Button>
      </form>
    </Dialog>
  )
}

/** Why a code gave nothing. */
function useRedeemSentence(error: Error | null, locked: number): string | undefined {
  const say = useSay()
  const problem = asProblem(error)
  const general = useSentence(problem)
  if (!error) return undefined
  if (problem.code === 'too_many_guesses')
    return locked ? say.wallet.guesses(clock(locked)) : undefined
  const reason = say.wallet.spent[String(problem.facts.reason)]
  if (problem.code === 'code_spent' && reason) return reason
  return say.wallet.codeErrors[problem.code] ?? general
}
