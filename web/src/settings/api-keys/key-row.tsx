import { EllipsisVertical } from 'lucide-react'
import type { ApiKeyOut } from '../../api/types'
import { useFormats, useSay } from '../../say'
import { IconButton } from '../../ui/button'
import { Menu, MenuItem } from '../../ui/menu'
import type { Scope } from './scopes'

export type KeyAct = 'change' | 'renew' | 'revoke'

interface Props {
  apiKey: ApiKeyOut
  onAct: (act: KeyAct) => void
}

const MARKS: Record<ApiKeyOut['status'], [shape: string, colour: string]> = {
  usable: ['●', 'text-verdigris'],
  expired: ['○', 'text-bone'],
  revoked: ['✕', 'text-bone'],
}

/** One key: how it begins, what it may do, when it was used and when it ends. */
export function KeyRow({ apiKey, onAct }: Props) {
  const say = useSay()
  const { relative, date } = useFormats()
  const { name, prefix, status, scopes } = apiKey
  const [shape, colour] = MARKS[status]
  const used = apiKey.last_used_at
    ? `${say.settings.keyUsed} ${relative(apiKey.last_used_at)}` +
      (apiKey.last_used_from ? ` ${say.settings.keyUsedFrom(apiKey.last_used_from)}` : '')
    : say.settings.keyUnused
  return (
    <li className="flex items-start justify-between gap-4 border-b border-line py-3">
      <div className="min-w-0">
        <p className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
          <span dir="auto" className="font-semibold break-words">
            {name}
          </span>
          <code className="font-mono text-label text-ink-2">{prefix}…</code>
          <span className={`text-label font-semibold ${colour}`}>
            <span aria-hidden>{shape} </span>
            {say.settings.keyStatus[status]}
          </span>
        </p>
        <p className="mt-0.5 text-label text-ink-2">
          {used}
          {' · '}
          {apiKey.expires_at ? (
            `${say.settings.keyEnds} ${date(apiKey.expires_at)}`
          ) : (
            <span className={status === 'usable' ? 'font-semibold text-ochre' : undefined}>
              {status === 'usable' && <span aria-hidden>▲ </span>}
              {say.settings.keyNever}
            </span>
          )}
        </p>
        <details className="mt-0.5 text-label text-ink-2">
          <summary className="inline-block min-h-6 text-ink-3 hover:text-ink">
            {say.settings.keyScopeCount(scopes.length)}
            {apiKey.allowed_addresses.length > 0 &&
              ` · ${say.settings.keyFrom} ${apiKey.allowed_addresses.join(', ')}`}
          </summary>
          <ul className="list-disc pl-5">
            {scopes.map((scope) => (
              <li key={scope}>{say.settings.scopes[scope as Scope]}</li>
            ))}
          </ul>
        </details>
      </div>
      {status === 'usable' && (
        <Menu
          trigger={
            <IconButton label={say.settings.keyMenu(name)}>
              <EllipsisVertical size={20} strokeWidth={1.5} aria-hidden />
            </IconButton>
          }
        >
          <MenuItem onSelect={() => onAct('change')}>{say.settings.keyChange}</MenuItem>
          <MenuItem onSelect={() => onAct('renew')}>{say.settings.keyRenew}</MenuItem>
          <MenuItem onSelect={() => onAct('revoke')} className="text-vermilion">
            {say.settings.keyRevoke}
          </MenuItem>
        </Menu>
      )}
    </li>
  )
}
