/** What stands in the form: the draft of the operation, or what a task was made from. */

import { useCallback, useState } from 'react'
import type { TaskOut } from '../api/types'
import { keepDraft, readDraft } from '../form/draft'
import type { Field } from '../form/schema'
import { carriedOver, initialValues, type Values, valuesOf } from '../form/values'
import { takePrompt } from '../home/prompt'

interface State {
  /** For which operation, task and file these are. */
  of: string
  values: Values
}

/** The form's values, kept as they are typed. */
export function useFormState(
  operation: string,
  fields: readonly Field[],
  from: TaskOut | undefined,
  input: string | undefined,
) {
  const of = [operation, from?.id ?? '', input ?? ''].join(' ')
  const [state, setState] = useState<State>(() => ({
    of,
    values: begin(operation, fields, from, input),
  }))
  let { values } = state
  if (state.of !== of) {
    values = begin(operation, fields, from, input)
    setState({ of, values })
  }

  const change = useCallback(
    (next: Values) => {
      keepDraft(operation, next)
      setState({ of, values: next })
    },
    [operation, of],
  )
  /** Another operation: what fits it goes along, unless something was typed there before. */
  const reset = (type: string, to: readonly Field[], now: Values, at: readonly Field[]) => {
    const drafted = readDraft(type)?.values ?? {}
    const carried = carriedOver(now, at, to)
    keepDraft(type, { ...drafted, ...withoutInitial(carried, to) })
  }
  return { values, change, reset }
}

function begin(
  operation: string,
  fields: readonly Field[],
  from: TaskOut | undefined,
  input: string | undefined,
): Values {
  const values =
    from?.type === operation
      ? valuesOf(fields, from.params)
      : { ...initialValues(fields), ...readDraft(operation)?.values }
  const asset = input ? fields.find((field) => field.kind === 'asset') : undefined
  if (asset) values[asset.name] = input
  const prompt = fields.find((field) => field.kind === 'text' && field.isPrompt)
  // What was written before signing in is put in once.
  const words = prompt && !from ? takePrompt() : undefined
  if (prompt && words !== undefined) values[prompt.name] = words
  if (from || asset || words !== undefined) keepDraft(operation, values)
  return values
}

function withoutInitial(values: Values, fields: readonly Field[]): Values {
  const initial = initialValues(fields)
  return Object.fromEntries(
    Object.entries(values).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(initial[name]),
    ),
  )
}
