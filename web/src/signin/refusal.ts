/** A refusal at a form of the sign-in: its sentence, and for how long the form is locked. */

import { useMutation, type UseMutationResult } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem } from '../api'
import { useDoorSay } from '../say'
import { lockedUntil, useSecondsLeft } from './clock'
import { signinSentence } from './sentences'

interface Refusal<Given, Got> {
  attempt: UseMutationResult<Got, Error, Given>
  /** What is wrong, counted down while it is locked. */
  sentence: string | undefined
  /** Whole seconds until it makes sense to try again. */
  locked: number
  /** Take the sentence away: somebody types. */
  forget: () => void
}

/** Send something, and tell in a sentence why it was refused. */
export function useAttempt<Given, Got>(
  way: 'code' | 'password',
  send: (given: Given) => Promise<Got>,
  onDone: (got: Got) => void | Promise<void>,
): Refusal<Given, Got> {
  const say = useDoorSay()
  const [until, setUntil] = useState<number>()
  const attempt = useMutation<Got, Error, Given>({
    mutationFn: send,
    onSuccess: onDone,
    onError: (error) => {
      setUntil(lockedUntil(asProblem(error).retryAfter))
    },
  })
  const locked = useSecondsLeft(until)
  const problem = attempt.error ? asProblem(attempt.error) : undefined
  const isOver = problem?.code === 'rate_limited' && locked === 0
  return {
    attempt,
    sentence: problem && !isOver ? signinSentence(say, problem, { way, left: locked }) : undefined,
    locked: problem?.retryAfter === undefined ? 0 : locked,
    forget: () => {
      if (locked === 0) attempt.reset()
    },
  }
}
