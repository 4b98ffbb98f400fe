import { useSay } from '../say'
import { buttonStyle } from '../ui/button'
import { Dialog } from '../ui/dialog'

/** The way back in, in a tab beside this one. */
export function SignInAgain({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const say = useSay()
  return (
    <Dialog
      open
      onOpenChange={onOpenChange}
      title={say.shell.sessionEndedTitle}
      description={say.shell.sessionEnded}
      actions={
        <a
          href="/sign-in?beside=true"
          target="_blank"
          rel="opener"
          className={buttonStyle('primary')}
        >
          {say.shell.signInAgain}
        </a>
      }
    />
  )
}
