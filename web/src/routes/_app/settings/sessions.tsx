import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { useState } from 'react'
import { endOtherSessions, listSessions } from '../../../api/calls'
import { listSessionsQueryKey } from '../../../api/queries'
import { useSay } from '../../../say'
import { SessionRow } from '../../../settings/session-row'
import { useAnnounce } from '../../../ui/announce'
import { Button } from '../../../ui/button'
import { Dialog } from '../../../ui/dialog'
import { Page } from '../../../ui/page'
import { Failure, Lines, Loading } from '../../../ui/states'

export const Route = createFileRoute('/_app/settings/sessions')({
  staticData: { title: (say) => say.settings?.sessions },
  component: Sessions,
})

/** Where one is signed in. */
function Sessions() {
  const say = useSay()
  const [isSure, setSure] = useState(false)
  const sessions = useInfiniteQuery({
    queryKey: listSessionsQueryKey(),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      (
        await listSessions({
          query: { limit: 50, ...(pageParam && { cursor: pageParam }) },
          signal,
        })
      ).data,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const rows = sessions.data?.pages.flatMap((page) => page.items) ?? []
  const hasOthers = rows.some((each) => !each.is_current)
  return (
    <Page
      title={say.settings.sessions}
      aside={
        hasOthers && (
          <Button look="danger" onClick={() => setSure(true)}>
            {say.settings.sessionsOthers}
          </Button>
        )
      }
    >
      <p className="mb-4 max-w-measure text-ink-2">{say.settings.sessionsLead}</p>
      {sessions.isPending && (
        <Loading>
          <Lines count={3} />
        </Loading>
      )}
      {sessions.isError && rows.length === 0 && (
        <Failure
          title={say.errors.couldNotLoad}
          error={sessions.error}
          onRetry={() => void sessions.refetch()}
        />
      )}
      <ul className="border-t border-line">
        {rows.map((each) => (
          <SessionRow key={each.id} session={each} />
        ))}
      </ul>
      {sessions.hasNextPage && (
        <Button
          look="quiet"
          busy={sessions.isFetchingNextPage}
          onClick={() => void sessions.fetchNextPage()}
          className="mt-3"
        >
          {say.shell.more}
        </Button>
      )}
      {isSure && <EndOthers onOpenChange={setSure} />}
    </Page>
  )
}

function EndOthers({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  const say = useSay()
  const announce = useAnnounce()
  const queryClient = useQueryClient()
  const end = useMutation({
    mutationFn: async () => (await endOtherSessions()).data,
    onSuccess: async ({ ended }) => {
      announce(say.settings.sessionsEnded(ended))
      await queryClient.invalidateQueries({ queryKey: listSessionsQueryKey() })
      onOpenChange(false)
    },
  })
  return (
    <Dialog
      open
      onOpenChange={onOpenChange}
      title={say.settings.sessionsOthersSure}
      description={say.settings.sessionsOthersLead}
      actions={
        <>
          <Button look="danger" busy={end.isPending} onClick={() => end.mutate()}>
            {end.isPending ? say.shell.asking : say.settings.sessionsOthers}
          </Button>
          <Button onClick={() => onOpenChange(false)}>{say.shell.cancel}</Button>
        </>
      }
    >
      {end.isError && <Failure error={end.error} />}
    </Dialog>
  )
}
