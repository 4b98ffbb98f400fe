import type { ApiKeyIn, Me } from '../../api/types'
import { useSay } from '../../say'
import { Checkbox } from '../../ui/checkbox'

export type Scope = ApiKeyIn['scopes'][number]

/** What a new key may do unless one says otherwise: what a program that orders needs. */
export const USUAL: readonly Scope[] = [
  'tasks:read',
  'tasks:write',
  'wallet:read',
  'assets:read',
  'assets:write',
]

const ORDER: readonly Scope[] = [
  'tasks:read',
  'tasks:write',
  'assets:read',
  'assets:write',
  'wallet:read',
  'wallet:write',
  'keys:read',
  'keys:write',
  'account:read',
  'account:write',
  'operator',
  'admin',
]

interface Props {
  me: Me
  scopes: readonly Scope[]
  onChange: (scopes: Scope[]) => void
  error: string | undefined
}

/** Permissions as sentences; those that one has oneself. */
export function Scopes({ me, scopes, onChange, error }: Props) {
  const say = useSay()
  const allowed = ORDER.filter((each) => me.scopes.includes(each))
  return (
    <fieldset aria-invalid={error ? true : undefined}>
      <legend className="mb-2 text-label font-semibold">{say.settings.keyScopes}</legend>
      <div className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
        {allowed.map((scope) => (
          <Checkbox
            key={scope}
            label={
              <>
                {say.settings.scopes[scope]}{' '}
                <code className="font-mono text-label text-ink-3">{scope}</code>
              </>
            }
            checked={scopes.includes(scope)}
            onChange={(on) =>
              onChange(allowed.filter((each) => (each === scope ? on : scopes.includes(each))))
            }
          />
        ))}
      </div>
      {error && (
        <p role="alert" className="mt-1 text-label font-semibold text-vermilion">
          {error}
        </p>
      )}
    </fieldset>
  )
}
