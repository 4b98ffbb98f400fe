import { newKey } from '../api'
import { curlOf } from '../form/request'
import { useSay } from '../say'
import { CopyButton } from '../ui/copy'
import { Dialog } from '../ui/dialog'

export interface RequestOf {
  body: object
  key: string | undefined
}

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  request: RequestOf
}

/** The form as the request that a program would send: the page teaches the API. */
export function RequestDialog({ open, onOpenChange, request }: Props) {
  const say = useSay()
  const text = open ? curlOf(globalThis.location.origin, request.body, request.key ?? newKey()) : ''
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={say.workspace.requestTitle}
      description={say.workspace.requestHint}
      wide
    >
      <div className="relative bg-sunk">
        <pre
          // A region that scrolls must be reachable by keyboard.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          role="region"
          aria-label={say.workspace.requestTitle}
          className="overflow-x-auto p-4 pr-12 font-mono text-label"
        >
          {text}
        </pre>
        <div className="absolute top-2 right-2">
          <CopyButton text={text} label={say.workspace.copyRequest} />
        </div>
      </div>
    </Dialog>
  )
}
