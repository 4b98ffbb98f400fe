import { ChevronRight } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { Choice } from '../ui/choice'
import { Field as Tied, TextArea, TextField } from '../ui/field'
import { Select } from '../ui/select'
import { Slider } from '../ui/slider'
import { Switch } from '../ui/switch'
import { AssetField } from './asset-field'
import { lengthOf, type Wrong } from './check'
import { ModelField, WorkflowField } from './named-field'
import type { Field, Kind } from './schema'
import { initialValues, type Values } from './values'

interface FormProps {
  fields: readonly Field[]
  values: Values
  wrong: Wrong
  onChange: (values: Values) => void
  /** Which order it is part of. */
  operation: string
  /** Where in the order it stands: the beginning of its fields' pointers. */
  at?: string
}

export interface FieldProps<Of extends Kind> {
  field: Extract<Field, { kind: Of }>
  value: unknown
  /** What is wrong with it. */
  error: string | undefined
  label: string
  hint: string | undefined
  onChange: (value: unknown) => void
  operation: string
}

/** The fields of an order, or of a part of it. */
export function Form({ fields, values, wrong, onChange, operation, at = '#' }: FormProps) {
  const say = useSay()
  const shown = fields.filter((field) => field.kind !== 'fixed')
  const render = (field: Field) => {
    const pointer = `${at}/${field.name}`
    return (
      <div key={field.name} data-pointer={pointer} className={isSmall(field) ? '' : 'col-span-2'}>
        <One
          field={field}
          value={values[field.name]}
          wrong={wrong}
          pointer={pointer}
          operation={operation}
          onChange={(value) => onChange({ ...values, [field.name]: value })}
        />
      </div>
    )
  }
  const advanced = shown.filter((field) => field.advanced)
  const isWrongInside = advanced.some((field) => `${at}/${field.name}` in wrong)
  return (
    <div className="flex flex-col gap-4">
      <div className="grid grid-cols-2 gap-4">
        {shown.filter((field) => !field.advanced).map(render)}
      </div>
      {advanced.length > 0 && (
        <details open={isWrongInside || undefined} className="group">
          <summary className="flex min-h-10 list-none items-center gap-1 text-label font-semibold text-ink-2 hover:text-ink">
            <ChevronRight
              size={16}
              strokeWidth={1.5}
              aria-hidden
              className="transition-transform duration-120 group-open:rotate-90"
            />
            {say.workspace.advanced}
          </summary>
          <div className="grid grid-cols-2 gap-4 pt-2">{advanced.map(render)}</div>
        </details>
      )}
    </div>
  )
}

/** Whether two of them stand side by side. */
function isSmall(field: Field): boolean {
  return field.kind === 'choice' && field.options.length > 3
}

interface OneProps {
  field: Field
  value: unknown
  wrong: Wrong
  pointer: string
  operation: string
  onChange: (value: unknown) => void
}

function One({ field, value, wrong, pointer, operation, onChange }: OneProps) {
  const say = useSay()
  const label = say.workspace.fields[field.name] ?? field.title
  const hint = say.workspace.hints[field.name] ?? field.hint
  const beside = { value, label, hint, error: wrong[pointer], onChange, operation }
  switch (field.kind) {
    case 'text':
      return <TextInput field={field} {...beside} />
    case 'number':
      return field.slider ? (
        <SliderInput field={field} {...beside} />
      ) : (
        <NumberInput field={field} {...beside} />
      )
    case 'switch':
      return <Switch label={label} hint={hint} checked={value === true} onChange={onChange} />
    case 'choice':
      return <ChoiceInput field={field} {...beside} />
    case 'asset':
      return <AssetField field={field} {...beside} />
    case 'model':
      return <ModelField field={field} {...beside} />
    case 'workflow':
      return <WorkflowField field={field} {...beside} />
    case 'json':
      return <JsonInput field={field} {...beside} />
    case 'lines':
      return <LinesInput field={field} {...beside} />
    case 'rows':
      return <RowsInput field={field} {...beside} wrong={wrong} pointer={pointer} />
    case 'group':
      return (
        <Fieldset label={label}>
          <Form
            fields={field.fields}
            values={(value ?? {}) as Values}
            wrong={wrong}
            at={pointer}
            operation={operation}
            onChange={onChange}
          />
        </Fieldset>
      )
    case 'variant':
      return <VariantInput field={field} {...beside} wrong={wrong} pointer={pointer} />
    case 'fixed':
      return null
  }
}

function TextInput({ field, value, error, label, hint, onChange }: FieldProps<'text'>) {
  const say = useSay()
  const { number } = useFormats()
  const text = typeof value === 'string' ? value : ''
  const common = {
    label,
    error,
    optional: !field.required && !field.isPrompt,
    value: text,
  }
  if (!field.lines)
    return (
      <TextField
        {...common}
        hint={hint}
        type={field.format === 'uri' ? 'url' : 'text'}
        onChange={(event) => onChange(event.target.value)}
      />
    )
  const counted =
    field.maxLength !== undefined
      ? say.workspace.characters(number(lengthOf(text)), number(field.maxLength))
      : hint
  return (
    <TextArea
      {...common}
      optional={!field.required}
      hint={counted}
      placeholder={field.isPrompt ? hint : undefined}
      rows={field.isPrompt ? 4 : 3}
      onChange={(event) => onChange(event.target.value)}
      {...(field.isPrompt && { 'data-prompt': true })}
    />
  )
}

function SliderInput({ field, value, error, label, hint, onChange }: FieldProps<'number'>) {
  const { min = 0, max = 100, step = 1 } = field
  return (
    <div>
      <span aria-hidden className="block text-label font-semibold">
        {label}
      </span>
      <Slider
        label={label}
        min={min}
        max={max}
        step={step}
        value={typeof value === 'number' ? value : min}
        onChange={onChange}
      />
      {hint !== undefined && <p className="text-label text-ink-3">{hint}</p>}
      {error && (
        <p role="alert" className="text-label font-semibold text-vermilion">
          {error}
        </p>
      )}
    </div>
  )
}

function NumberInput({ field, value, error, label, hint, onChange }: FieldProps<'number'>) {
  const say = useSay()
  return (
    <TextField
      label={label}
      hint={hint}
      error={error}
      type="number"
      inputMode={field.whole ? 'numeric' : 'decimal'}
      min={field.min}
      max={field.max}
      step={field.step ?? 'any'}
      placeholder={field.isSeed ? say.workspace.random : undefined}
      value={typeof value === 'number' || typeof value === 'string' ? value : ''}
      onChange={({ target }) => onChange(target.value === '' ? undefined : target.valueAsNumber)}
    />
  )
}

const NONE = '\u0000'

function ChoiceInput({ field, value, error, label, hint, onChange }: FieldProps<'choice'>) {
  const say = useSay()
  const options = field.options.map((each) => ({
    value: String(each),
    label: say.workspace.options[String(each)] ?? String(each),
  }))
  const chosen = typeof value === 'string' || typeof value === 'number' ? String(value) : NONE
  const choose = (text: string) => onChange(field.options.find((each) => String(each) === text))
  if (field.options.length <= 3 && chosen !== NONE)
    return <Choice label={label} hint={hint} options={options} value={chosen} onChoose={choose} />
  const all =
    chosen === NONE || (!field.required && field.initial === undefined)
      ? [{ value: NONE, label: say.workspace.none }, ...options]
      : options
  return (
    <Select
      label={label}
      hint={hint}
      error={error}
      options={all}
      value={chosen}
      onChoose={choose}
    />
  )
}

function JsonInput({ field, value, error, label, hint, onChange }: FieldProps<'json'>) {
  const say = useSay()
  return (
    <Tied
      label={label}
      hint={hint ? `${hint} ${say.workspace.jsonHint}` : say.workspace.jsonHint}
      error={error}
      optional={!field.required}
    >
      {(tied) => (
        <textarea
          {...tied}
          rows={6}
          spellCheck={false}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onChange(event.target.value)}
          className="block field-sizing-content max-h-80 min-h-28 w-full rounded-control border border-edge bg-panel px-3 py-2 font-mono text-label aria-invalid:border-vermilion"
        />
      )}
    </Tied>
  )
}

function LinesInput({ field, value, error, label, hint, onChange }: FieldProps<'lines'>) {
  const say = useSay()
  const lines = Array.isArray(value) ? (value as string[]) : []
  return (
    <TextArea
      label={label}
      hint={[hint, say.workspace.onePerLine].filter(Boolean).join(' ')}
      error={error}
      optional={!field.required || field.least === 0}
      rows={3}
      value={lines.join('\n')}
      onChange={({ target }) => onChange(target.value === '' ? [] : target.value.split('\n'))}
    />
  )
}

interface Nested {
  wrong: Wrong
  pointer: string
}

function RowsInput(props: FieldProps<'rows'> & Nested) {
  const { field, value, error, label, onChange, operation, wrong, pointer } = props
  const say = useSay()
  const rows = Array.isArray(value) ? (value as Values[]) : []
  return (
    <Fieldset label={label} error={error}>
      {rows.map((row, place) => (
        // Rows have no name of their own; they are only appended and taken out.
        <Fieldset key={place} label={say.workspace.row(place + 1)}>
          <Form
            fields={field.fields}
            values={row}
            wrong={wrong}
            at={`${pointer}/${place}`}
            operation={operation}
            onChange={(next) => onChange(rows.with(place, next))}
          />
          {rows.length > field.least && (
            <Button look="quiet" onClick={() => onChange(rows.toSpliced(place, 1))}>
              {say.workspace.removeRow(place + 1)}
            </Button>
          )}
        </Fieldset>
      ))}
      {rows.length < field.most && (
        <Button onClick={() => onChange([...rows, initialValues(field.fields)])}>
          {say.workspace.addRow}
        </Button>
      )}
    </Fieldset>
  )
}

function VariantInput(props: FieldProps<'variant'> & Nested) {
  const { field, value, label, hint, onChange, operation, wrong, pointer } = props
  const given = (value ?? {}) as Values
  const chosen = field.variants.find((each) => each.value === given[field.tag])
  const choose = (tag: string) => {
    const next = field.variants.find((each) => each.value === tag)
    onChange({ ...initialValues(next?.fields ?? []), [field.tag]: tag })
  }
  return (
    <div className="flex flex-col gap-4">
      <Choice
        label={label}
        hint={hint}
        options={field.variants.map((each) => ({ value: each.value, label: each.title }))}
        value={chosen?.value ?? ''}
        onChoose={choose}
      />
      <Form
        fields={chosen?.fields ?? []}
        values={given}
        wrong={wrong}
        at={pointer}
        operation={operation}
        onChange={(next) => onChange({ ...next, [field.tag]: given[field.tag] })}
      />
    </div>
  )
}

interface FieldsetProps {
  label: string
  error?: string | undefined
  children: ReactNode
}

function Fieldset({ label, error, children }: FieldsetProps) {
  const id = useId()
  return (
    <fieldset
      aria-describedby={error ? id : undefined}
      className="flex flex-col items-start gap-4 border-l border-line pl-3 *:w-full"
    >
      <legend className="mb-2 text-label font-semibold">{label}</legend>
      {children}
      {error && (
        <p id={id} role="alert" className="text-label font-semibold text-vermilion">
          {error}
        </p>
      )}
    </fieldset>
  )
}
