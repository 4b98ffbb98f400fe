/**
 * Preferences that go along with somebody: theme, language, motion and shortcuts.
 *
 * Each browser keeps its own, so that pages look right before anything was asked. What the server
 * remembers is taken over once after a sign-in; what is changed here is then told to the server.
 */

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { asProblem } from '../api'
import { getPreferences, putPreferences } from '../api/calls'
import type { PreferencesOut } from '../api/types'
import { setShortcuts, useShortcutSettings } from '../keys'
import { type Language, LANGUAGES, useLanguage } from '../say'
import { atFirst } from '../shell/at-first'
import { type Motion, motion, setMotion, useMotion } from '../shell/motion'
import { setTheme, type Theme, theme, useTheme } from '../shell/theme'

export interface Preferences {
  theme?: Theme
  language?: Language
  motion?: Motion
  shortcuts?: { singleKeys: boolean; changed: Record<string, string> }
}

const KEY = ['me', 'preferences']
/** Milliseconds for which changes are gathered. */
const PAUSE = 600

/** What of it we understand; apps of others may keep theirs beside it. */
export function preferencesIn(kept: Record<string, unknown>): Preferences {
  const { theme: shade, language, motion: moves, shortcuts } = kept
  return {
    ...((shade === 'light' || shade === 'dark' || shade === 'system') && { theme: shade }),
    ...(LANGUAGES.some(({ code }) => code === language) && { language: language as Language }),
    ...((moves === 'system' || moves === 'reduced') && { motion: moves }),
    ...(isShortcuts(shortcuts) && { shortcuts }),
  }
}

/** Take over what the server remembers, and tell it what changes. For one place in the shell. */
export function useFollowPreferences(): void {
  const queryClient = useQueryClient()
  const [language, speak] = useLanguage()
  const [shade] = useTheme()
  const [moves] = useMotion()
  const shortcuts = useShortcutSettings()
  const kept = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await getPreferences({ signal })).data,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const speakLatest = useRef(speak)
  /** What both sides have; undefined until the server was heard. */
  const agreed = useRef<string>(undefined)
  /** A language that is on its way; until it is there, nothing is told. */
  const coming = useRef<Language>(undefined)

  useEffect(() => {
    if (!kept.data || agreed.current !== undefined) return
    const theirs = preferencesIn(kept.data.preferences)
    if (theirs.theme && theirs.theme !== theme()) setTheme(theirs.theme)
    if (theirs.motion && theirs.motion !== motion()) setMotion(theirs.motion)
    if (theirs.shortcuts) setShortcuts(theirs.shortcuts)
    if (theirs.language) {
      coming.current = theirs.language
      speakLatest.current(theirs.language)
    }
    agreed.current = JSON.stringify({ ...atFirst, ...theirs })
  }, [kept.data])

  useEffect(() => {
    if (coming.current === language) coming.current = undefined
    const now = JSON.stringify({ theme: shade, language, motion: moves, shortcuts })
    const isSettled = agreed.current !== undefined && coming.current === undefined
    if (!isSettled || agreed.current === now) return
    const timer = setTimeout(() => {
      agreed.current = now
      void tell(JSON.parse(now) as Preferences).then((told) => queryClient.setQueryData(KEY, told))
    }, PAUSE)
    return () => clearTimeout(timer)
  }, [kept.data, shade, language, moves, shortcuts, queryClient])
}

/** Put ours over what is there; where somebody was quicker, over what is there then. */
async function tell(mine: Preferences): Promise<PreferencesOut | undefined> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const { preferences, rev } = (await getPreferences()).data
      const body = { preferences: { ...preferences, ...mine }, rev }
      return (await putPreferences({ body })).data
    } catch (error) {
      if (asProblem(error).code !== 'rev_mismatch') return undefined
    }
  }
  return undefined
}

function isShortcuts(given: unknown): given is NonNullable<Preferences['shortcuts']> {
  const { singleKeys, changed } = (given ?? {}) as Record<string, unknown>
  return (
    typeof singleKeys === 'boolean' &&
    typeof changed === 'object' &&
    changed !== null &&
    Object.values(changed).every((keys) => typeof keys === 'string')
  )
}
