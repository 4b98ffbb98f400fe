/**
 * Every sentence of the pages, in the reader's language.
 *
 * A catalogue is a plain object: `say.task.status.failed` is a sentence, `say.shell.running(2)` one
 * with something in it. Chinese has the type of English, so that a key missing there does not
 * compile. A new sentence goes into the area's file of both languages.
 *
 * The door's sentences (`door.ts`) are there before anything is shown; the others are fetched for
 * whoever is in. So what a stranger sees asks `useDoorSay`, and everything else `useSay`.
 */

import {
  createContext,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
  type ReactNode,
} from 'react'
import type { en } from './en'
import { door as english } from './en/door'
import { formatsOf, type Formats } from './format'

export type Catalogue = typeof en
/** What is said around every page, and before anybody is in. */
export type Door = typeof english
/** What is there by now. */
export type Said = Door & Partial<Catalogue>
export type Language = 'en' | 'zh'

export const LANGUAGES: { code: Language; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'zh', name: '简体中文' },
]

interface Speech {
  door: Door
  formats: Formats
  language: Language
  speak: (language: Language) => void
}

const STORED = 'gesso.language'
const asked = new Map<Language, Promise<Catalogue>>()
const fetched = new Map<Language, Catalogue>()
let chosen: Language | undefined

const Context = createContext<Speech>({
  door: english,
  formats: formatsOf('en'),
  language: 'en',
  speak: () => undefined,
})

/** The door's sentences in the reader's language. */
export function useDoorSay(): Door {
  return use(Context).door
}

/** Every sentence in the reader's language; the first who asks waits until they are there. */
export function useSay(): Catalogue {
  const { language } = use(Context)
  return fetched.get(language) ?? use(catalogueOf(language))
}

/** Whatever sentences are there; nobody waits. */
export function useSaid(): Said {
  const { language, door } = use(Context)
  return fetched.get(language) ?? door
}

/** How the reader's language writes dates, numbers, sizes and credits. */
export function useFormats(): Formats {
  return use(Context).formats
}

/** The language, and how to speak another one. */
export function useLanguage(): [Language, (language: Language) => void] {
  const { language, speak } = use(Context)
  return [language, speak]
}

/** The language that was chosen in this browser, or the first of the browser's that we speak. */
export function preferredLanguage(): Language {
  const wanted = [chosen, stored(), ...navigator.languages]
  for (const each of wanted) {
    const found = LANGUAGES.find(({ code }) => each?.toLowerCase().split('-')[0] === code)
    if (found) return found.code
  }
  return 'en'
}

/** Fetch the door's sentences; the English ones are always there. */
export async function doorOf(language: Language): Promise<Door> {
  return language === 'zh' ? (await import('./zh/door')).door : english
}

/** Fetch every sentence of a language, once. */
export function catalogueOf(language: Language): Promise<Catalogue> {
  const known = asked.get(language)
  if (known) return known
  const promise = fetchCatalogue(language)
  asked.set(language, promise)
  promise.catch(() => asked.delete(language))
  return promise
}

async function fetchCatalogue(language: Language): Promise<Catalogue> {
  const catalogue = language === 'zh' ? (await import('./zh')).zh : (await import('./en')).en
  fetched.set(language, catalogue)
  return catalogue
}

interface Props {
  language: Language
  door: Door
  children: ReactNode
}

/** Speaks to everything below; begins with a language whose door is there. */
export function SayProvider({ language: first, door: firstDoor, children }: Props) {
  const [spoken, setSpoken] = useState({ language: first, door: firstDoor })

  const speak = useCallback((language: Language) => {
    remember(language)
    // Where all is said in one language, all is there in the other before it is spoken.
    const coming = asked.size > 0 ? catalogueOf(language) : doorOf(language)
    void coming.then((door) => setSpoken({ language, door }))
  }, [])

  useEffect(() => {
    document.documentElement.lang = spoken.language === 'zh' ? 'zh-Hans' : spoken.language
  }, [spoken.language])

  const speech = useMemo(
    () => ({ ...spoken, speak, formats: formatsOf(spoken.language) }),
    [spoken, speak],
  )
  return <Context value={speech}>{children}</Context>
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}

function remember(language: Language): void {
  chosen = language
  try {
    localStorage.setItem(STORED, language)
  } catch {
    // Private windows may refuse; the language then holds until the tab is closed.
  }
}
