import { useQueryClient } from '@tanstack/react-query'
import { useSay } from '../say'
import { SignInDialog } from '../signin/dialog'

/** The way back in, over the page, which stays as it is. */
export function SignInAgain({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const say = useSay()
  const queryClient = useQueryClient()
  return (
    <SignInDialog
      title={say.shell.sessionEndedTitle}
      description={say.shell.sessionEnded}
      onOpenChange={onOpenChange}
      onIn={() => {
        onOpenChange(false)
        void queryClient.invalidateQueries()
      }}
    />
  )
}
