/**
 * What an operation takes, as a list of fields.
 *
 * The server sends JSON Schema in a few words only (`src/gesso/domain/tasks/form.py` refuses the
 * rest). A schema that says something else all the same becomes a field of plain JSON: better than
 * one that is not there.
 */

export interface Schema {
  type?: string
  title?: string
  description?: string
  default?: unknown
  enum?: (string | number)[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  discriminator?: { propertyName: string }
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minItems?: number
  maxItems?: number
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  multipleOf?: number
  'x-ui'?: string
  'x-ui.group'?: string
  [word: string]: unknown
}

export type AssetKind = 'image' | 'video' | 'model'

interface Common {
  /** Its name in the object that it stands in. */
  name: string
  title: string
  hint: string | undefined
  required: boolean
  advanced: boolean
  /** What it is unless somebody says otherwise; undefined: nothing. */
  initial: unknown
}

interface Bounds {
  min: number | undefined
  max: number | undefined
  step: number | undefined
  whole: boolean
}

interface Words {
  minLength: number
  maxLength: number | undefined
  pattern: string | undefined
}

/** A field of a form; `kind` says how it is shown. */
export type Field = Common &
  (
    | ({ kind: 'text'; lines: boolean; isPrompt: boolean; format: string | undefined } & Words)
    | ({ kind: 'number'; slider: boolean; isSeed: boolean } & Bounds)
    | { kind: 'switch' }
    | { kind: 'choice'; options: (string | number)[] }
    | { kind: 'fixed'; value: unknown }
    | { kind: 'asset'; accepts: AssetKind }
    | { kind: 'model' }
    | { kind: 'workflow' }
    | { kind: 'json' }
    | { kind: 'lines'; least: number; most: number; item: Words }
    | { kind: 'rows'; least: number; most: number; fields: Field[] }
    | { kind: 'group'; fields: Field[] }
    | {
        kind: 'variant'
        tag: string
        variants: { value: string; title: string; fields: Field[] }[]
      }
  )

export type Kind = Field['kind']

/** The fields of an object schema, in its order. */
export function fieldsOf(schema: Schema): Field[] {
  const required = new Set(schema.required)
  return Object.entries(schema.properties ?? {}).map(([name, each]) =>
    fieldOf(name, each, required.has(name)),
  )
}

function fieldOf(name: string, given: Schema, required: boolean): Field {
  const schema = withoutNull(given)
  const common: Common = {
    name,
    title: given.title ?? schema.title ?? name,
    hint: given.description ?? schema.description,
    required,
    advanced: given['x-ui.group'] === 'advanced',
    initial: given.default ?? schema.default ?? undefined,
  }
  return { ...common, ...shapeOf(schema, given['x-ui'] ?? schema['x-ui']) }
}

/** `anyOf [X, null]` is X that may be left out. */
function withoutNull(schema: Schema): Schema {
  const real = schema.anyOf?.filter((each) => each.type !== 'null')
  if (real?.length !== 1) return schema
  const { anyOf: _anyOf, ...beside } = schema
  return { ...real[0], ...beside }
}

type Without<Of, Names extends string> = Of extends unknown ? Omit<Of, Names> : never
type Shape = Without<Field, keyof Common>

function shapeOf(schema: Schema, hint: string | undefined): Shape {
  const [, accepts] = /^asset:(image|video|model)$/.exec(hint ?? '') ?? []
  if (accepts) return { kind: 'asset', accepts: accepts as AssetKind }
  if (hint === 'model' || hint === 'workflow') return { kind: hint }
  if (hint === 'json') return { kind: 'json' }
  if ('const' in schema) return { kind: 'fixed', value: schema.const }
  if (schema.enum) return { kind: 'choice', options: schema.enum }
  if (schema.oneOf && schema.discriminator) return variantOf(schema)
  switch (schema.type) {
    case 'string':
      return {
        kind: 'text',
        lines: hint === 'prompt' || hint === 'text' || (schema.maxLength ?? 0) > 300,
        isPrompt: hint === 'prompt',
        format: schema.format,
        ...wordsOf(schema),
      }
    case 'integer':
    case 'number':
      return { kind: 'number', isSeed: hint === 'seed', ...numberOf(schema, hint) }
    case 'boolean':
      return { kind: 'switch' }
    case 'array':
      return listOf(schema)
    case 'object':
      return schema.properties ? { kind: 'group', fields: fieldsOf(schema) } : { kind: 'json' }
    default:
      return { kind: 'json' }
  }
}

function wordsOf({ minLength = 0, maxLength, pattern }: Schema): Words {
  return { minLength, maxLength, pattern }
}

function numberOf(schema: Schema, hint: string | undefined): Bounds & { slider: boolean } {
  const whole = schema.type === 'integer'
  const unit = schema.multipleOf ?? (whole ? 1 : undefined)
  const min = schema.minimum ?? inside(schema.exclusiveMinimum, unit)
  const max = schema.maximum ?? inside(schema.exclusiveMaximum, unit && -unit)
  const steps =
    min !== undefined && max !== undefined ? (max - min) / (unit ?? 1) : Number.POSITIVE_INFINITY
  return { min, max, step: unit, whole, slider: hint === 'slider' || (whole && steps <= 20) }
}

/** The nearest number that an exclusive bound lets through, where there is one. */
function inside(bound: number | undefined, unit: number | undefined): number | undefined {
  return bound === undefined ? undefined : bound + (unit ?? 0)
}

function listOf({ items = {}, minItems = 0, maxItems = 100 }: Schema): Shape {
  const bounds = { least: minItems, most: maxItems }
  if (items.type === 'string' && !items.enum)
    return { kind: 'lines', item: wordsOf(items), ...bounds }
  if (items.type === 'object' && items.properties)
    return { kind: 'rows', fields: fieldsOf(items), ...bounds }
  return { kind: 'json' }
}

function variantOf({ oneOf = [], discriminator }: Schema): Shape {
  const tag = discriminator!.propertyName
  return {
    kind: 'variant',
    tag,
    variants: oneOf.map((each) => {
      const value = String(each.properties?.[tag]?.const)
      const fields = fieldsOf(each).filter((field) => field.name !== tag)
      return { value, title: each.title ?? value, fields }
    }),
  }
}
