import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem } from '../api'
import { linkIdentity, removeIdentity } from '../api/calls'
import { listIdentitiesOptions, listIdentitiesQueryKey, listWaysOptions } from '../api/queries'
import type { IdentitiesOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Failure, Lines, Loading } from '../ui/states'
import { AddAddress } from './add-address'
import { useFresh } from './fresh'
import { Section } from './section'

type Identity = IdentitiesOut['items'][number]

/** Every way into the account: addresses, and issuers who vouch for one. */
export function Identities() {
  const say = useSay()
  const known = useQuery(listIdentitiesOptions())
  const [leaving, setLeaving] = useState<Identity>()
  const [isAdding, setAdding] = useState(false)
  return (
    <Section title={say.settings.waysIn} lead={say.settings.waysHint}>
      {known.isPending && (
        <Loading>
          <Lines count={2} />
        </Loading>
      )}
      {known.isError && (
        <Failure
          title={say.errors.couldNotLoad}
          error={known.error}
          onRetry={() => void known.refetch()}
        />
      )}
      {known.data && (
        <ul className="border-t border-line">
          {known.data.items.map((each) => (
            <Way key={each.id} identity={each} onRemove={() => setLeaving(each)} />
          ))}
        </ul>
      )}
      <div className="mt-4 flex flex-wrap gap-3">
        <Button onClick={() => setAdding(true)}>{say.settings.addAddress}</Button>
        <Issuers />
      </div>
      {isAdding && <AddAddress onOpenChange={setAdding} />}
      {leaving && <RemoveDialog identity={leaving} onOpenChange={() => setLeaving(undefined)} />}
    </Section>
  )
}

function Way({ identity, onRemove }: { identity: Identity; onRemove: () => void }) {
  const say = useSay()
  const { relative } = useFormats()
  const used = identity.last_used_at
    ? `${say.settings.lastUsed} ${relative(identity.last_used_at)}`
    : say.settings.neverUsed
  const how = identity.kind === 'email' ? say.settings.byLetter : identity.issuer
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-line py-2.5">
      <div className="min-w-0">
        <p className="break-all">{nameOf(identity)}</p>
        <p className="text-label text-ink-3">
          {[
            how,
            used,
            identity.email !== null && !identity.is_email_verified && say.settings.unverified,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </div>
      <Button look="quiet" onClick={onRemove}>
        {say.settings.remove}
        <span className="sr-only"> {nameOf(identity)}</span>
      </Button>
    </li>
  )
}

/** Issuers of this organisation by which one is not known yet, or not only. */
function Issuers() {
  const say = useSay()
  const ways = useQuery({ ...listWaysOptions(), staleTime: Number.POSITIVE_INFINITY })
  const [runFresh, freshDialog] = useFresh()
  const begin = useMutation({
    mutationFn: (slug: string) =>
      runFresh(async () => {
        const body = { return_to: '/settings/profile' }
        return (await linkIdentity({ path: { slug }, body })).data
      }),
    onSuccess: ({ url }) => globalThis.location.assign(url),
  })
  const issuers = ways.data?.items.filter((way) => way.kind === 'oidc') ?? []
  return (
    <>
      {issuers.map(({ slug, name }) => (
        <Button
          key={slug}
          busy={begin.isPending && begin.variables === slug}
          onClick={() => begin.mutate(slug)}
        >
          {say.settings.addWay(name)}
        </Button>
      ))}
      {begin.isError && !freshDialog && <Failure error={begin.error} />}
      {freshDialog}
    </>
  )
}

function RemoveDialog({
  identity,
  onOpenChange,
}: {
  identity: Identity
  onOpenChange: (open: boolean) => void
}) {
  const say = useSay()
  const queryClient = useQueryClient()
  const [runFresh, freshDialog] = useFresh()
  const remove = useMutation({
    mutationFn: () => runFresh(() => removeIdentity({ path: { id: identity.id } })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: listIdentitiesQueryKey() })
      onOpenChange(false)
    },
  })
  const isLast = remove.isError && asProblem(remove.error).code === 'last_way_in'
  return (
    <Dialog
      open
      onOpenChange={onOpenChange}
      title={say.settings.removeWay(nameOf(identity))}
      description={say.settings.removeWayLead}
      actions={
        <>
          <Button look="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            {remove.isPending ? say.shell.asking : say.settings.remove}
          </Button>
          <Button onClick={() => onOpenChange(false)}>{say.shell.cancel}</Button>
        </>
      }
    >
      {isLast && (
        <p role="alert" className="font-semibold text-vermilion">
          {say.settings.lastWay}
        </p>
      )}
      {remove.isError && !isLast && !freshDialog && <Failure error={remove.error} />}
      {freshDialog}
    </Dialog>
  )
}

function nameOf(identity: Identity): string {
  return identity.email ?? identity.subject
}
