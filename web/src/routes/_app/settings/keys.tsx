import { useInfiniteQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { useState } from 'react'
import { listApiKeys } from '../../../api/calls'
import { listApiKeysQueryKey } from '../../../api/queries'
import type { ApiKeyOut } from '../../../api/types'
import { useSay } from '../../../say'
import {
  ChangeKeyDialog,
  NewKeyDialog,
  RenewKeyDialog,
  RevokeKeyDialog,
} from '../../../settings/api-keys/key-dialogs'
import { type KeyAct, KeyRow } from '../../../settings/api-keys/key-row'
import { useMe } from '../../../shell/session'
import { Button } from '../../../ui/button'
import { Checkbox } from '../../../ui/checkbox'
import { Page } from '../../../ui/page'
import { Empty, Failure, Lines, Loading } from '../../../ui/states'

export const Route = createFileRoute('/_app/settings/keys')({
  staticData: { title: (say) => say.settings?.keys },
  component: Keys,
})

type Open = { act: 'new' } | { act: KeyAct; apiKey: ApiKeyOut }

/** The keys of one's programs. */
function Keys() {
  const say = useSay()
  const [open, setOpen] = useState<Open>()
  const [showsOld, setShowsOld] = useState(false)
  const keys = useInfiniteQuery({
    queryKey: listApiKeysQueryKey(),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      (
        await listApiKeys({
          query: { limit: 100, ...(pageParam && { cursor: pageParam }) },
          signal,
        })
      ).data,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const all = keys.data?.pages.flatMap((page) => page.items) ?? []
  const shown = all.filter((each) => showsOld || each.status === 'usable')
  const hasOld = all.some((each) => each.status !== 'usable')
  const newKey = (
    <Button look="primary" onClick={() => setOpen({ act: 'new' })}>
      {say.settings.keyNew}
    </Button>
  )

  return (
    <Page title={say.settings.keys} aside={shown.length > 0 && newKey}>
      <p className="mb-4 max-w-measure text-ink-2">{say.settings.keysLead}</p>
      {keys.isPending && (
        <Loading>
          <Lines count={3} />
        </Loading>
      )}
      {keys.isError && all.length === 0 && (
        <Failure
          title={say.errors.couldNotLoad}
          error={keys.error}
          onRetry={() => void keys.refetch()}
        />
      )}
      {keys.isSuccess && shown.length === 0 && (
        <Empty action={newKey}>{say.settings.keyNone}</Empty>
      )}
      {shown.length > 0 && (
        <ul className="border-t border-line">
          {shown.map((each) => (
            <KeyRow key={each.id} apiKey={each} onAct={(act) => setOpen({ act, apiKey: each })} />
          ))}
        </ul>
      )}
      <div className="mt-4 flex flex-wrap items-center gap-4">
        {hasOld && (
          <Checkbox label={say.settings.keyShowOld} checked={showsOld} onChange={setShowsOld} />
        )}
        {keys.hasNextPage && (
          <Button
            look="quiet"
            busy={keys.isFetchingNextPage}
            onClick={() => void keys.fetchNextPage()}
          >
            {say.shell.more}
          </Button>
        )}
      </div>
      {open && <Dialogs open={open} onClose={() => setOpen(undefined)} />}
    </Page>
  )
}

function Dialogs({ open, onClose }: { open: Open; onClose: () => void }) {
  const { me: first } = Route.useRouteContext()
  const me = useMe() ?? first
  switch (open.act) {
    case 'new':
      return <NewKeyDialog me={me} onClose={onClose} />
    case 'change':
      return <ChangeKeyDialog me={me} apiKey={open.apiKey} onClose={onClose} />
    case 'renew':
      return <RenewKeyDialog apiKey={open.apiKey} onClose={onClose} />
    case 'revoke':
      return <RevokeKeyDialog apiKey={open.apiKey} onClose={onClose} />
  }
}
