import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { changeApiKey, createApiKey, revokeApiKey, rotateApiKey } from '../../api/calls'
import { listApiKeysQueryKey } from '../../api/queries'
import type { ApiKeyOut, Me } from '../../api/types'
import { useSay } from '../../say'
import { Button } from '../../ui/button'
import { Checkbox } from '../../ui/checkbox'
import { Dialog } from '../../ui/dialog'
import { Select } from '../../ui/select'
import { Failure } from '../../ui/states'
import { KeyForm, type KeyWish } from './key-form'
import { ShownOnce } from './shown-once'

interface Props {
  onClose: () => void
}

/** The list of keys has changed. */
function useListAnew(): () => Promise<void> {
  const queryClient = useQueryClient()
  return () => queryClient.invalidateQueries({ queryKey: listApiKeysQueryKey() })
}

export function NewKeyDialog({ me, onClose }: Props & { me: Me }) {
  const say = useSay()
  const listAnew = useListAnew()
  const make = useMutation({
    // What is shown once is kept nowhere: not in the cache, and gone when the dialog is.
    gcTime: 0,
    mutationFn: async (wish: KeyWish) => (await createApiKey({ body: wish })).data,
    onSuccess: listAnew,
  })
  if (make.isSuccess) return <ShownOnce made={make.data} onLeave={onClose} />
  return (
    <Dialog open wide onOpenChange={onClose} title={say.settings.keyNew}>
      <KeyForm
        me={me}
        act={say.settings.keyMake}
        isBusy={make.isPending}
        error={make.error}
        onWish={make.mutate}
      />
    </Dialog>
  )
}

export function ChangeKeyDialog({ me, apiKey, onClose }: Props & { me: Me; apiKey: ApiKeyOut }) {
  const say = useSay()
  const listAnew = useListAnew()
  const change = useMutation({
    mutationFn: (wish: KeyWish) => changeApiKey({ path: { key_id: apiKey.id }, body: wish }),
    onSuccess: async () => {
      await listAnew()
      onClose()
    },
  })
  return (
    <Dialog open wide onOpenChange={onClose} title={say.settings.keyChangeTitle(apiKey.name)}>
      <KeyForm
        me={me}
        before={apiKey}
        act={say.settings.save}
        isBusy={change.isPending}
        error={change.error}
        onWish={change.mutate}
      />
    </Dialog>
  )
}

export function RenewKeyDialog({ apiKey, onClose }: Props & { apiKey: ApiKeyOut }) {
  const say = useSay()
  const listAnew = useListAnew()
  const [overlap, setOverlap] = useState('86400')
  const renew = useMutation({
    gcTime: 0,
    mutationFn: async () =>
      (
        await rotateApiKey({
          path: { key_id: apiKey.id },
          body: { overlap_seconds: Number(overlap) },
        })
      ).data,
    onSuccess: listAnew,
  })
  if (renew.isSuccess) return <ShownOnce made={renew.data} onLeave={onClose} />
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={say.settings.keyRenewTitle(apiKey.name)}
      description={say.settings.keyRenewLead}
      actions={
        <>
          <Button look="primary" busy={renew.isPending} onClick={() => renew.mutate()}>
            {renew.isPending ? say.shell.asking : say.settings.keyRenewDo}
          </Button>
          <Button onClick={onClose}>{say.shell.cancel}</Button>
        </>
      }
    >
      <Select
        label={say.settings.keyOverlap}
        value={overlap}
        onChoose={setOverlap}
        options={Object.entries(say.settings.keyOverlaps).map(([value, label]) => ({
          value,
          label,
        }))}
      />
      {renew.isError && (
        <div className="mt-4">
          <Failure error={renew.error} />
        </div>
      )}
    </Dialog>
  )
}

export function RevokeKeyDialog({ apiKey, onClose }: Props & { apiKey: ApiKeyOut }) {
  const say = useSay()
  const listAnew = useListAnew()
  const mayMakeKeys = apiKey.scopes.includes('keys:write')
  const [descendants, setDescendants] = useState(mayMakeKeys)
  const revoke = useMutation({
    mutationFn: () => revokeApiKey({ path: { key_id: apiKey.id }, query: { descendants } }),
    onSuccess: async () => {
      await listAnew()
      onClose()
    },
  })
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={say.settings.keyRevokeTitle(apiKey.name)}
      description={say.settings.keyRevokeLead}
      actions={
        <>
          <Button look="danger" busy={revoke.isPending} onClick={() => revoke.mutate()}>
            {revoke.isPending ? say.shell.asking : say.settings.keyRevokeDo}
          </Button>
          <Button onClick={onClose}>{say.shell.cancel}</Button>
        </>
      }
    >
      {mayMakeKeys && (
        <Checkbox
          label={say.settings.keyDescendants}
          checked={descendants}
          onChange={setDescendants}
        />
      )}
      {revoke.isError && <Failure error={revoke.error} />}
    </Dialog>
  )
}
