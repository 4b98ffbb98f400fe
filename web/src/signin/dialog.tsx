import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { onOtherTab, tellOtherTabs } from '../api/session'
import { meOptions } from '../shell/session'
import { Dialog } from '../ui/dialog'
import { WaysIn } from './ways-in'

interface Props {
  onOpenChange: (open: boolean) => void
  title: string
  description: string
  /** Who was in before, where that is known. */
  person: string | undefined
  /** They are in again, as the same person; the page below goes on. */
  onIn: () => void
}

/** Signing in over a page, which stays as it is below. */
export function SignInDialog({ onOpenChange, title, description, person, onIn }: Props) {
  const goOn = useGoOn(person, onIn)
  useEffect(() => onOtherTab((said) => said === 'in' && void goOn()), [goOn])
  return (
    <Dialog open onOpenChange={onOpenChange} title={title} description={description} dismissable>
      <WaysIn
        beside
        returnTo="/sign-in?beside=true"
        onIn={async () => {
          tellOtherTabs('in')
          await goOn()
        }}
      />
    </Dialog>
  )
}

/** Look who it is now: somebody else must not go on in this person's page. */
function useGoOn(person: string | undefined, onIn: () => void): () => Promise<void> {
  const queryClient = useQueryClient()
  return async () => {
    await queryClient.refetchQueries({ queryKey: meOptions.queryKey })
    const now = queryClient.getQueryData(meOptions.queryKey)?.id
    if (now === undefined) return
    if (person !== undefined && person !== now) globalThis.location.assign('/')
    else onIn()
  }
}
