import { createFileRoute, redirect, useNavigate } from '@tanstack/react-router'
import { type SyntheticEvent, type KeyboardEvent, useRef, useState } from 'react'
import { HungPictures } from '../home/hung-pictures'
import { keepPrompt, keptPrompt } from '../home/prompt'
import { Steps } from '../home/steps'
import { useDoorSay } from '../say'
import { whoIs } from '../shell/session'
import { Button } from '../ui/button'
import { TextArea } from '../ui/field'

export const Route = createFileRoute('/')({
  beforeLoad: async ({ context }) => {
    if (await whoIs(context.queryClient)) throw redirect({ to: '/workspace', replace: true })
  },
  component: Home,
})

const MOST = 1000

/** What this is, and the field itself: it works before anybody is in. */
function Home() {
  const say = useDoorSay()
  const navigate = useNavigate()
  const [words, setWords] = useState(() => keptPrompt() ?? '')
  const form = useRef<HTMLFormElement>(null)

  const begin = (event?: SyntheticEvent) => {
    event?.preventDefault()
    keepPrompt(words)
    void navigate({ to: '/sign-in', search: { next: '/workspace' } })
  }
  const choose = (chosen: string) => {
    setWords(chosen)
    keepPrompt(chosen)
    form.current?.querySelector('textarea')?.focus()
  }

  return (
    <div className="mx-auto w-full max-w-[90rem] px-4 md:px-6">
      <div className="grid gap-x-16 gap-y-10 py-8 lg:grid-cols-[minmax(20rem,5fr)_7fr] lg:py-16 xl:gap-x-24">
        <div className="lg:sticky lg:top-24 lg:self-start">
          <h1 className="text-home">{say.signin.homeTitle}</h1>
          <p className="mt-3 max-w-[34rem] text-lead text-ink-2">{say.signin.homeLead}</p>
          <form ref={form} onSubmit={begin} className="mt-8 max-w-[34rem]">
            <TextArea
              label={say.signin.prompt}
              placeholder={say.signin.promptPlaceholder}
              maxLength={MOST}
              rows={3}
              value={words}
              onChange={(event) => {
                setWords(event.target.value)
                keepPrompt(event.target.value)
              }}
              onKeyDown={(event: KeyboardEvent) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) begin()
              }}
            />
            <div className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-2">
              <Button type="submit" look="primary" className="min-w-32">
                {say.signin.begin}
              </Button>
              <span className="text-label text-ink-3">{say.signin.beginHint}</span>
            </div>
          </form>
        </div>
        <HungPictures onChoose={choose} />
      </div>
      <Steps />
    </div>
  )
}
