import { useState } from 'react'
import { addAddress } from '../api/calls'
import { useDoorSay } from '../say'
import { Button } from '../ui/button'
import { enterByLink } from './calls'
import { useAttempt } from './refusal'

interface Props {
  token: string
  /** Somebody is in already: the link may add an address to their account. */
  isIn: boolean
  onIn: () => void | Promise<void>
  onOther: () => void
}

/** A link of a letter does nothing by being opened, for programs open links before people do. */
export function LinkForm({ token, isIn, onIn, onOther }: Props) {
  const say = useDoorSay()
  const [isBad, setBad] = useState(false)
  const { attempt, sentence } = useAttempt(
    'code',
    async () => {
      if (isIn && (await isTaken(addAddress({ body: { token } })))) return
      await enterByLink(token)
    },
    onIn,
  )
  const begin = () => {
    setBad(false)
    attempt.mutate(undefined, { onError: () => setBad(true) })
  }

  return (
    <div className="grid gap-4">
      <p className="text-ink-2">{say.signin.linkLead}</p>
      {isBad && (
        <p role="alert" className="text-label font-semibold text-vermilion">
          {attempt.error && sentence === say.signin.codeOver ? say.signin.linkBad : sentence}
        </p>
      )}
      <Button look="primary" busy={attempt.isPending} onClick={begin} className="w-full">
        {attempt.isPending ? say.shell.asking : say.signin.linkIn}
      </Button>
      <Button look="quiet" onClick={onOther} className="-ml-4 justify-self-start">
        {say.signin.useCode}
      </Button>
    </div>
  )
}

/** Whether the server took it; a link of another kind is tried as what it is. */
async function isTaken(sending: Promise<unknown>): Promise<boolean> {
  try {
    await sending
    return true
  } catch {
    return false
  }
}
