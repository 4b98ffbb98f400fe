/** The form against what the server publishes: every operation can be filled in and sent. */

import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import document from '../../openapi.json'
import { en } from '../say/en'
import { check } from './check'
import { curlOf } from './request'
import { fieldsOf, type Field, type Schema } from './schema'
import { carriedOver, initialValues, paramsOf, type Values, valuesOf } from './values'

const words = en.workspace.wrong
const schemas = document.components.schemas as unknown as Record<string, Schema>
/** About the request, not about the work; forms never get them. */
const ENVELOPE = ['expected_max', 'wallet']

/** The orders that `POST /tasks` takes, as `GET /operations` sends them: without references. */
function orders(): [string, Schema][] {
  const body = document.paths['/api/v1/tasks'].post.requestBody.content['application/json'].schema
  return Object.entries(body.discriminator.mapping).map(([type, reference]) => {
    const schema = inlined(schemas[reference.split('/').at(-1)!]!) as Schema
    const own = Object.entries(schema.properties!).filter(([name]) => !ENVELOPE.includes(name))
    return [type, { ...schema, properties: Object.fromEntries(own) }]
  })
}

function inlined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inlined)
  if (typeof value !== 'object' || value === null) return value
  const { $ref, ...beside } = value as Record<string, unknown>
  const entries = Object.entries(beside).map(([name, each]) => [name, inlined(each)])
  const rest = Object.fromEntries(entries) as object
  if (typeof $ref !== 'string') return rest
  return { ...(inlined(schemas[$ref.split('/').at(-1)!]) as object), ...rest }
}

/** Something that each field takes. */
function filled(fields: readonly Field[]): Values {
  const values = initialValues(fields)
  for (const field of fields) {
    if (!field.required) continue
    if (field.kind === 'text') values[field.name] = 'a red door'
    if (field.kind === 'asset') values[field.name] = 'asset_01jd3v8k2m5q7r9t1w3y5z7b9d'
    if (field.kind === 'model') values[field.name] = 'fal:fal-ai/flux/dev'
    if (field.kind === 'workflow') values[field.name] = 'portrait'
    if (field.kind === 'rows')
      values[field.name] = [{ ...initialValues(field.fields), ...filled(field.fields) }]
  }
  return values
}

describe.each(orders())('the form of %s', (type, schema) => {
  const fields = fieldsOf(schema)

  test('shows every field as something better than plain JSON', () => {
    const plain = fields.filter((field) => field.kind === 'json')
    for (const field of plain) expect(schema.properties![field.name]!['x-ui']).toBe('json')
  })

  test('refuses to be sent empty, and says what is needed', () => {
    const wrong = check(fields, initialValues(fields), words)
    const needed = fields.filter(
      (field) => field.required && !['fixed', 'choice', 'json', 'rows'].includes(field.kind),
    )
    for (const field of needed) expect(wrong[`#/${field.name}`]).toBe(words.required)
  })

  test('makes an order of what is filled in, and nothing that the server assumes anyway', () => {
    const values = filled(fields)
    expect(check(fields, values, words)).toEqual({})
    const params = paramsOf(fields, values)
    const required = (schema.required ?? []).filter((name) => name !== 'type')
    expect(Object.keys(params)).toEqual(expect.arrayContaining(required))
    for (const name of Object.keys(params)) expect([...required, 'type']).toContain(name)
    expect(params.type ?? type).toBe(type)
  })

  test('can be filled again from the task that came of it', () => {
    const values = filled(fields)
    const again = valuesOf(fields, paramsOf(fields, values))
    expect(paramsOf(fields, again)).toEqual(paramsOf(fields, values))
  })
})

test('what fits goes along to another operation, what does not stays behind', () => {
  const all = Object.fromEntries(orders())
  const from = fieldsOf(all.text_to_image!)
  const to = fieldsOf(all.text_to_video!)
  const values = { ...initialValues(from), prompt: 'a door', aspect: '4:3', tier: 'high', count: 3 }
  const next = carriedOver(values, from, to)
  expect(next).toMatchObject({ prompt: 'a door', tier: 'high', aspect: '1:1' })
  expect(next).not.toHaveProperty('count')
})

test('bounds and forms are told in words', () => {
  const fields = fieldsOf({
    properties: {
      count: { type: 'integer', minimum: 1, maximum: 8 },
      code: { type: 'string', pattern: '^[A-Z]{2}$' },
      words: { type: 'array', items: { type: 'string', maxLength: 3 }, maxItems: 2 },
    },
  })
  const wrong = check(fields, { count: 2.5, code: 'x', words: ['abcd'] }, words)
  expect(wrong['#/count']).toBe(words.notWhole)
  expect(wrong['#/code']).toBe(words.pattern)
  expect(wrong['#/words']).toContain(words.tooLong(3))
  expect(check(fields, { count: 9, words: ['a', 'b', 'c'] }, words)).toEqual({
    '#/count': words.tooLarge('8'),
    '#/words': words.tooMany(2),
  })
})

test('a choice between shapes shows the fields of the chosen one', () => {
  const variant = (kind: string, name: string): Schema => ({
    type: 'object',
    properties: { kind: { const: kind }, [name]: { type: 'string', minLength: 1 } },
    required: ['kind', name],
  })
  const fields = fieldsOf({
    properties: {
      source: {
        oneOf: [variant('file', 'path'), variant('web', 'url')],
        discriminator: { propertyName: 'kind' },
      },
    },
    required: ['source'],
  })
  expect(initialValues(fields)).toEqual({ source: { kind: 'file' } })
  expect(check(fields, { source: { kind: 'web' } }, words)).toEqual({
    '#/source/url': words.required,
  })
  expect(paramsOf(fields, { source: { kind: 'web', url: 'x', path: 'y' } })).toEqual({
    source: { kind: 'web', url: 'x' },
  })
})

test('what no form knows is plain JSON rather than nothing', () => {
  const fields = fieldsOf({ properties: { odd: { allOf: [], title: 'Odd' } } })
  expect(fields[0]).toMatchObject({ kind: 'json', title: 'Odd' })
  expect(check(fields, { odd: '{' }, words)).toEqual({ '#/odd': words.json })
})

test('the request can be pasted into a shell, whatever was typed', () => {
  const order = { prompt: `it's "$HOME" \`x\`` }
  const text = curlOf('https://gesso.example', order, 'key')
  // A shell in which curl says what it was given, one word a line.
  const said = execFileSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }\n${text}`], {
    env: { GESSO_KEY: 'mine' },
  }).toString()
  expect(said).toContain('Authorization: Bearer mine\n')
  expect(JSON.parse(said.slice(said.indexOf('{')))).toEqual(order)
})
