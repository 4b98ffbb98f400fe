import { useQuery } from '@tanstack/react-query'
import { listWaysOptions } from '../api/queries'
import { useDoorSay } from '../say'

interface Props {
  code: string
  by: string | undefined
  returnTo: string
}

/** Why somebody came back from an issuer without being let in. */
export function Refused({ code, by, returnTo }: Props) {
  const say = useDoorSay()
  const ways = useQuery({ ...listWaysOptions(), staleTime: Number.POSITIVE_INFINITY })
  const way = ways.data?.items.find((each) => each.slug === by)
  return (
    <div role="alert" className="mb-6 border-l-2 border-vermilion py-1 pl-4">
      <p>{say.signin.refused[code] ?? say.signin.refusedOther}</p>
      {way?.start_url != null && (
        <a
          href={`${way.start_url}?${String(new URLSearchParams({ return_to: returnTo }))}`}
          className="underline decoration-edge underline-offset-3 hover:decoration-ink"
        >
          {say.signin.again(way.name)}
        </a>
      )}
    </div>
  )
}
