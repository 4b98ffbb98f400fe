import { useQueryClient } from '@tanstack/react-query'
import { useDoorSay } from '../say'
import { SignInDialog } from '../signin/dialog'

interface Props {
  /** Who was in before. */
  person: string | undefined
  onClose: () => void
}

/** The way back in, over the page, which stays as it is. */
export function SignInAgain({ person, onClose }: Props) {
  const say = useDoorSay()
  const queryClient = useQueryClient()
  return (
    <SignInDialog
      title={say.shell.sessionEndedTitle}
      description={say.shell.sessionEnded}
      person={person}
      onOpenChange={onClose}
      onIn={() => {
        onClose()
        void queryClient.invalidateQueries()
      }}
    />
  )
}
