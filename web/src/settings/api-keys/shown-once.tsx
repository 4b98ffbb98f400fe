import { useState } from 'react'
import type { NewApiKeyOut } from '../../api/types'
import { useSay } from '../../say'
import { Button } from '../../ui/button'
import { Checkbox } from '../../ui/checkbox'
import { CopyButton } from '../../ui/copy'
import { Dialog } from '../../ui/dialog'

/** The text of a new key, this once. Leaving without it is asked about once. */
export function ShownOnce({ made, onLeave }: { made: NewApiKeyOut; onLeave: () => void }) {
  const say = useSay()
  const [isStored, setStored] = useState(false)
  const [isLeaving, setLeaving] = useState(false)
  const leave = () => (isStored ? onLeave() : setLeaving(true))

  if (isLeaving)
    return (
      <Dialog
        open
        dismissable={false}
        onOpenChange={() => setLeaving(false)}
        title={say.settings.keyLeave}
        description={say.settings.keyLeaveLead}
        actions={
          <>
            <Button look="primary" onClick={() => setLeaving(false)}>
              {say.settings.keyStay}
            </Button>
            <Button onClick={onLeave}>{say.settings.keyLeaveDo}</Button>
          </>
        }
      />
    )
  return (
    <Dialog
      open
      dismissable={false}
      onOpenChange={leave}
      title={say.settings.keyMade}
      description={say.settings.keyOnce}
      actions={
        <Button look="primary" onClick={leave}>
          {say.shell.close}
        </Button>
      }
    >
      <div className="mb-4 flex items-center gap-2 rounded-control border border-edge bg-sunk py-2 pr-2 pl-3">
        <code className="grow font-mono text-label break-all select-all">{made.key}</code>
        <CopyButton text={made.key} />
      </div>
      <Checkbox label={say.settings.keyStored} checked={isStored} onChange={setStored} />
    </Dialog>
  )
}
