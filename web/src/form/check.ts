/** What is wrong with a form, by JSON pointer. A convenience: the server has the last word. */

import type { FieldProblem } from '../api'
import type { Catalogue } from '../say'
import type { Field } from './schema'
import { parsed, type Values } from './values'

/** Sentences by pointer: `#/prompt`, `#/items/0/title`. */
export type Wrong = Record<string, string>

type Words = Catalogue['workspace']['wrong']

/** Everything that is wrong; an empty object where nothing is. */
export function check(fields: readonly Field[], values: Values, words: Words, at = '#'): Wrong {
  const wrong: Wrong = {}
  for (const field of fields) {
    const path = `${at}/${field.name}`
    const value = values[field.name]
    const sentence = checkOne(field, value, words)
    if (sentence !== undefined) wrong[path] = sentence
    else Object.assign(wrong, checkInside(field, value, words, path))
  }
  return wrong
}

/** The server's findings beside the fields that they are about; the rest stands under `#`. */
export function wrongOf(problems: readonly FieldProblem[]): Wrong {
  const wrong: Wrong = {}
  // The body is one of many orders: FastAPI puts the order's type between.
  for (const { pointer, detail } of problems) wrong[pointer ?? '#'] ??= detail
  return wrong
}

function checkInside(field: Field, value: unknown, words: Words, path: string): Wrong {
  if (field.kind === 'group') return check(field.fields, (value ?? {}) as Values, words, path)
  if (field.kind === 'variant') {
    const given = (value ?? {}) as Values
    const chosen = field.variants.find((each) => each.value === given[field.tag])
    return check(chosen?.fields ?? [], given, words, path)
  }
  if (field.kind === 'rows')
    return Object.assign(
      {},
      ...((value ?? []) as Values[]).map((row, place) =>
        check(field.fields, row, words, `${path}/${place}`),
      ),
    ) as Wrong
  return {}
}

function checkOne(field: Field, value: unknown, words: Words): string | undefined {
  const isEmpty = value === undefined || value === null || value === ''
  switch (field.kind) {
    case 'text':
      if (isEmpty) return field.required ? words.required : undefined
      return checkText(value as string, field, words)
    case 'number':
      if (isEmpty) return field.required ? words.required : undefined
      return checkNumber(value, field, words)
    case 'choice':
    case 'asset':
    case 'model':
    case 'workflow':
      return isEmpty && field.required ? words.required : undefined
    case 'json':
      return parsed((value as string | undefined) ?? '') === undefined ? words.json : undefined
    case 'lines':
      return checkLines((value ?? []) as string[], field, words)
    case 'rows':
      return checkCount(((value ?? []) as unknown[]).length, field, words)
    default:
      return undefined
  }
}

interface Text {
  minLength: number
  maxLength: number | undefined
  pattern: string | undefined
}

function checkText(text: string, { minLength, maxLength, pattern }: Text, words: Words) {
  const length = lengthOf(text)
  if (length < minLength) return words.tooShort(minLength)
  if (maxLength !== undefined && length > maxLength) return words.tooLong(maxLength)
  if (pattern !== undefined && !matches(text, pattern)) return words.pattern
  return undefined
}

/** How long a text is as the server counts: in code points. */
export function lengthOf(text: string): number {
  return Array.from(text).length
}

/** Whether a text has this form; a pattern that only Python knows is left to the server. */
function matches(text: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text)
  } catch {
    return true
  }
}

function checkNumber(
  value: unknown,
  { min, max, whole }: { min: number | undefined; max: number | undefined; whole: boolean },
  words: Words,
): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return words.notNumber
  if (whole && !Number.isInteger(value)) return words.notWhole
  if (min !== undefined && value < min) return words.tooSmall(String(min))
  if (max !== undefined && value > max) return words.tooLarge(String(max))
  return undefined
}

function checkLines(
  lines: readonly string[],
  field: { least: number; most: number; required: boolean; item: Text },
  words: Words,
): string | undefined {
  const said = lines.map((line) => line.trim()).filter(Boolean)
  for (const line of said) {
    const sentence = checkText(line, field.item, words)
    if (sentence !== undefined) return `${line}: ${sentence}`
  }
  return checkCount(said.length, field, words)
}

function checkCount(
  count: number,
  { least, most }: { least: number; most: number },
  words: Words,
): string | undefined {
  if (count < least) return words.tooFew(least)
  if (count > most) return words.tooMany(most)
  return undefined
}
