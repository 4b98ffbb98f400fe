import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { changeMe } from '../api/calls'
import type { Me } from '../api/types'
import { useFormats, useSay } from '../say'
import { meOptions } from '../shell/session'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { Failure } from '../ui/states'
import { Section } from './section'

/** What one is called, and what one is here. */
export function AboutYou({ me }: { me: Me }) {
  const say = useSay()
  const { date } = useFormats()
  const facts = [
    [say.settings.address, me.email],
    [say.settings.role, say.settings.roles[me.role]],
    [say.settings.since, date(me.created_at)],
  ] as const
  return (
    <Section title={say.settings.you}>
      <dl className="mb-5 grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-2">{name}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
      <NameForm me={me} />
    </Section>
  )
}

function NameForm({ me }: { me: Me }) {
  const say = useSay()
  const announce = useAnnounce()
  const queryClient = useQueryClient()
  const [name, setName] = useState(me.name ?? '')
  const save = useMutation({
    mutationFn: async (wish: string | null) => (await changeMe({ body: { name: wish } })).data,
    onSuccess: (now) => {
      queryClient.setQueryData(meOptions.queryKey, now)
      announce(say.settings.saved)
    },
  })
  const isChanged = name.trim() !== (me.name ?? '')

  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (isChanged) save.mutate(name.trim() || null)
  }
  return (
    <form onSubmit={submit} className="max-w-md">
      <TextField
        label={say.settings.name}
        hint={say.settings.nameHint}
        dir="auto"
        autoComplete="name"
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <div className="mt-3 flex items-center gap-3">
        <Button type="submit" disabled={!isChanged} busy={save.isPending}>
          {save.isPending ? say.shell.asking : say.settings.save}
        </Button>
        {save.isSuccess && !isChanged && (
          <span className="text-label font-semibold text-verdigris">
            <span aria-hidden>● </span>
            {say.settings.saved}
          </span>
        )}
      </div>
      {save.isError && <Failure error={save.error} />}
    </form>
  )
}
