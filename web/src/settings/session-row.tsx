import { useMutation, useQueryClient } from '@tanstack/react-query'
import { endSession } from '../api/calls'
import { listSessionsQueryKey } from '../api/queries'
import type { SessionOut } from '../api/types'
import { useSay } from '../say'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { Failure } from '../ui/states'
import { Time } from '../ui/time'
import { agentOf } from './agent'

/** One sign-in: with what, from where, since when; and its end. */
export function SessionRow({ session }: { session: SessionOut }) {
  const say = useSay()
  const announce = useAnnounce()
  const queryClient = useQueryClient()
  const end = useMutation({
    mutationFn: () => endSession({ path: { session_id: session.id } }),
    onSuccess: () => announce(say.settings.sessionEnded),
    onSettled: () => queryClient.invalidateQueries({ queryKey: listSessionsQueryKey() }),
  })
  const known = agentOf(session.agent)
  const name = known
    ? say.settings.session(known.browser, known.system)
    : session.agent.slice(0, 60) || say.settings.unknownProgram
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-b border-line py-3">
      <div className="min-w-0">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <span title={session.agent}>{name}</span>
          {session.is_current && (
            <span className="text-label font-semibold text-verdigris">
              <span aria-hidden>● </span>
              {say.settings.here}
            </span>
          )}
        </p>
        <p className="text-label text-ink-2">
          {say.settings.sessionFrom} <span className="figures">{session.ip}</span>
          {session.channel && ` · ${say.settings.sessionBy(session.channel)}`}
          {' · '}
          {say.settings.sessionSeen} <Time at={session.last_used_at} as="relative" />
          {' · '}
          {say.settings.sessionBegun} <Time at={session.created_at} />
        </p>
        {end.isError && <Failure error={end.error} />}
      </div>
      {!session.is_current && (
        <Button
          aria-label={say.settings.sessionEndOf(name)}
          busy={end.isPending}
          onClick={() => end.mutate()}
        >
          {end.isPending ? say.shell.asking : say.settings.sessionEnd}
        </Button>
      )}
    </li>
  )
}
