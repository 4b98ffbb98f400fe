/**
 * Every sentence of the pages, in the reader's language.
 *
 * A catalogue is a plain object: `say.task.status.failed` is a sentence, `say.shell.running(2)` one
 * with something in it. Chinese has the type of English, so that a key missing there does not
 * compile. A new sentence goes into the area's file of both languages.
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
import { en } from './en'
import { formatsOf, type Formats } from './format'

export type Catalogue = typeof en
export type Language = 'en' | 'zh'

export const LANGUAGES: { code: Language; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'zh', name: '简体中文' },
]

interface Speech {
  say: Catalogue
  formats: Formats
  language: Language
  speak: (language: Language) => void
}

const STORED = 'gesso.language'
const Context = createContext<Speech>({
  say: en,
  formats: formatsOf('en'),
  language: 'en',
  speak: () => undefined,
})

/** The sentences of the reader's language. */
export function useSay(): Catalogue {
  return use(Context).say
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
  const wanted = [stored(), ...navigator.languages]
  for (const each of wanted) {
    const found = LANGUAGES.find(({ code }) => each?.toLowerCase().split('-')[0] === code)
    if (found) return found.code
  }
  return 'en'
}

/** Fetch a language's catalogue; English is always there. */
export async function catalogueOf(language: Language): Promise<Catalogue> {
  return language === 'zh' ? (await import('./zh')).zh : en
}

interface Props {
  language: Language
  catalogue: Catalogue
  children: ReactNode
}

/** Speaks to everything below; begins with a language whose catalogue is there. */
export function SayProvider({ language: first, catalogue, children }: Props) {
  const [spoken, setSpoken] = useState({ language: first, say: catalogue })

  const speak = useCallback((language: Language) => {
    remember(language)
    void catalogueOf(language).then((say) => setSpoken({ language, say }))
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
  try {
    localStorage.setItem(STORED, language)
  } catch {
    // Private windows may refuse; the language then holds until the tab is closed.
  }
}
