import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { asProblem } from '../api'
import { setPassword } from '../api/calls'
import { listIdentitiesOptions, listIdentitiesQueryKey } from '../api/queries'
import { useLanguage, useSay } from '../say'
import { spoken } from '../signin/calls'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { useSentence } from '../ui/states'
import { useFresh } from './fresh'
import { Section } from './section'

const SHORTEST = 8

/** Whether there is a password, and setting one. */
export function PasswordSection() {
  const say = useSay()
  const known = useQuery(listIdentitiesOptions())
  const [isOpen, setOpen] = useState(false)
  const has = known.data?.has_password ?? false
  return (
    <Section
      title={say.settings.passwordTitle}
      lead={has ? say.settings.passwordHas : say.settings.passwordNone}
    >
      <Button onClick={() => setOpen(true)}>
        {has ? say.settings.passwordChange : say.settings.passwordSet}
      </Button>
      {isOpen && <PasswordDialog isNew={!has} onOpenChange={setOpen} />}
    </Section>
  )
}

function PasswordDialog({
  isNew,
  onOpenChange,
}: {
  isNew: boolean
  onOpenChange: (open: boolean) => void
}) {
  const say = useSay()
  const announce = useAnnounce()
  const [language] = useLanguage()
  const queryClient = useQueryClient()
  const [password, setText] = useState('')
  const [isShort, setShort] = useState(false)
  const [runFresh, freshDialog] = useFresh()
  const set = useMutation({
    mutationFn: (text: string) =>
      runFresh(() => setPassword({ body: { password: text }, headers: spoken(language) })),
    onSuccess: async () => {
      announce(say.settings.passwordDone)
      await queryClient.invalidateQueries({ queryKey: listIdentitiesQueryKey() })
      onOpenChange(false)
    },
  })
  const problem = asProblem(set.error)
  const general = useSentence(problem)
  const refused = problem.code === 'bad_password' ? say.settings.passwordBad : general

  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const tooShort = password.length < SHORTEST
    setShort(tooShort)
    if (!tooShort) set.mutate(password)
  }
  return (
    <Dialog
      open
      onOpenChange={onOpenChange}
      title={isNew ? say.settings.passwordSet : say.settings.passwordChange}
    >
      <form noValidate onSubmit={submit} className="grid gap-4">
        <TextField
          label={say.settings.passwordNew}
          hint={say.settings.passwordHint}
          error={
            isShort ? say.settings.passwordBad : set.isError && !freshDialog ? refused : undefined
          }
          type="password"
          autoComplete="new-password"
          maxLength={128}
          value={password}
          onChange={(event) => {
            setText(event.target.value)
            setShort(false)
            set.reset()
          }}
        />
        <Button type="submit" look="primary" busy={set.isPending} className="justify-self-end">
          {set.isPending ? say.shell.asking : say.settings.save}
        </Button>
        {freshDialog}
      </form>
    </Dialog>
  )
}
