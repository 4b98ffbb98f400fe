/** What stands in a form, and the order that it makes. */

import type { Field } from './schema'

/** By field name. Plain JSON stands there as it is typed; everything else as what it is. */
export type Values = Record<string, unknown>

/** What stands in a fresh form. */
export function initialValues(fields: readonly Field[]): Values {
  const values: Values = {}
  for (const field of fields) {
    const value = initialOf(field)
    if (value !== undefined) values[field.name] = value
  }
  return values
}

function initialOf(field: Field): unknown {
  if (field.kind === 'json') return JSON.stringify(field.initial ?? {}, null, 2)
  if (field.initial !== undefined) return field.initial
  switch (field.kind) {
    case 'group':
      return initialValues(field.fields)
    case 'rows':
      return Array.from({ length: field.least }, () => initialValues(field.fields))
    case 'lines':
      return []
    case 'switch':
      return false
    case 'choice':
      return field.required ? field.options[0] : undefined
    case 'variant':
      return {
        [field.tag]: field.variants[0]?.value,
        ...initialValues(field.variants[0]?.fields ?? []),
      }
    default:
      return undefined
  }
}

/** The values for another operation: fields with the same name and of the same kind go along. */
export function carriedOver(values: Values, from: readonly Field[], to: readonly Field[]): Values {
  const next = initialValues(to)
  for (const field of to) {
    const before = from.find((each) => each.name === field.name)
    const value = values[field.name]
    if (before && isAlike(before, field) && value !== undefined && fits(field, value))
      next[field.name] = value
  }
  return next
}

function isAlike(one: Field, other: Field): boolean {
  if (one.kind === 'asset' && other.kind === 'asset') return one.accepts === other.accepts
  return one.kind === other.kind
}

function fits(field: Field, value: unknown): boolean {
  return field.kind !== 'choice' || field.options.some((each) => each === value)
}

/** The values that make an order which was given before: its `params`, as the API tells them. */
export function valuesOf(fields: readonly Field[], params: Values): Values {
  const values = initialValues(fields)
  for (const field of fields) {
    const value = params[field.name]
    if (value === undefined || value === null) continue
    values[field.name] = field.kind === 'json' ? JSON.stringify(value, null, 2) : value
  }
  return values
}

/** What is sent: what differs from what the server takes anyway. JSON that is none is left out. */
export function paramsOf(fields: readonly Field[], values: Values): Values {
  const params: Values = {}
  for (const field of fields) {
    const value = sentOf(field, values[field.name])
    if (value === undefined) continue
    if (!field.required && isSame(value, field.initial)) continue
    params[field.name] = value
  }
  return params
}

function sentOf(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'fixed':
      return field.required ? field.value : undefined
    case 'json':
      return typeof value === 'string' ? parsed(value) : value
    case 'lines':
      return (value as string[] | undefined)?.map((line) => line.trim()).filter(Boolean)
    case 'rows':
      return (value as Values[] | undefined)?.map((row) => paramsOf(field.fields, row))
    case 'group':
      return paramsOf(field.fields, (value ?? {}) as Values)
    case 'variant': {
      const given = (value ?? {}) as Values
      const variant = field.variants.find((each) => each.value === given[field.tag])
      return variant && { [field.tag]: variant.value, ...paramsOf(variant.fields, given) }
    }
    case 'text':
    case 'asset':
    case 'model':
    case 'workflow':
      return value === '' ? undefined : value
    default:
      return value
  }
}

/** A JSON text's value; undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && one.length === 0 && other === undefined) return true
  return JSON.stringify(one) === JSON.stringify(other)
}
