import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo, useRef, useState } from 'react'
import { check, wrongOf, type Wrong } from '../form/check'
import { readDraft } from '../form/draft'
import { useEstimate } from '../form/estimate'
import { Form } from '../form/form'
import { type Field, fieldsOf } from '../form/schema'
import { paramsOf, type Values } from '../form/values'
import { useShortcut } from '../keys'
import { useSay } from '../say'
import { operationsOptions, titleOf } from '../task/operations'
import { Select } from '../ui/select'
import { Failure, Lines, Loading } from '../ui/states'
import type { OperationOut } from '../api/types'
import { PriceBar } from './price-bar'
import { RemixNote, useRemixed } from './remix'
import { useFormState } from './form-state'
import { useSubmit } from './submit'

interface Props {
  op: string | undefined
  from: string | undefined
  input: string | undefined
  /** Something else on the screen is to be done first: the button steps back. */
  isAside: boolean
  onOperation: (type: string) => void
  onForget: () => void
  onSubmitted: (id: string) => void
}

/** The left half: what to make, its form, and the price on the button. */
export function Make(props: Props) {
  const say = useSay()
  const operations = useQuery(operationsOptions())
  if (operations.error)
    return (
      <div className="md:p-5">
        <Failure
          title={say.workspace.loadForm}
          error={operations.error}
          onRetry={() => void operations.refetch()}
        />
      </div>
    )
  const items = operations.data?.items
  if (!items)
    return (
      <div className="md:p-5">
        <Loading>
          <Lines count={5} />
        </Loading>
      </div>
    )
  return <Filled {...props} operations={items} />
}

function Filled({
  op,
  from,
  input,
  operations,
  isAside,
  ...on
}: Props & { operations: OperationOut[] }) {
  const say = useSay()
  const remixed = useRemixed(from)
  const wanted = op ?? remixed.task?.type
  const operation =
    operations.find((each) => each.type === wanted) ?? preferred(operations) ?? operations[0]!
  const fields = useMemo(() => fieldsOf(operation.schema), [operation.schema])
  const { values, change, reset } = useFormState(operation.type, fields, remixed.task, input)

  const choose = (type: string) => {
    const next = operations.find((each) => each.type === type)
    if (next) reset(type, fieldsOf(next.schema), values, fields)
    on.onOperation(type)
  }
  return (
    <FilledForm
      key={operation.type}
      {...{ operation, fields, values, change, isAside }}
      onSubmitted={on.onSubmitted}
      above={
        <>
          <Select
            label={say.workspace.operation}
            hint={say.workspace.summaries[operation.type] ?? operation.summary}
            options={operations.map((each) => ({
              value: each.type,
              label: each.available
                ? titleOf(each, say)
                : say.workspace.unavailable(titleOf(each, say)),
              disabled: !each.available,
            }))}
            value={operation.type}
            onChoose={choose}
          />
          {from && <RemixNote remixed={remixed} onForget={on.onForget} />}
        </>
      }
    />
  )
}

/** What one begins with: the whole way from words to a model, or the first that is there. */
function preferred(operations: readonly OperationOut[]): OperationOut | undefined {
  return (
    operations.find((each) => each.type === 'text_to_3d' && each.available) ??
    operations.find((each) => each.available)
  )
}

interface FilledFormProps {
  operation: OperationOut
  fields: readonly Field[]
  values: Values
  change: (values: Values) => void
  above: ReactNode
  isAside: boolean
  onSubmitted: (id: string) => void
}

function FilledForm(props: FilledFormProps) {
  const { operation, fields, values, change, above, isAside, onSubmitted } = props
  const say = useSay()
  const form = useRef<HTMLFormElement>(null)
  const [isChecked, setChecked] = useState(false)
  const found = check(fields, values, say.workspace.wrong)
  const params = { ...paramsOf(fields, values), type: operation.type }
  const estimate = useEstimate(askable(operation.type, fields, values, found))
  const submit = useSubmit(operation.type, onSubmitted)
  const told: Wrong = submit.problem?.status === 422 ? wrongOf(submit.problem.errors) : {}
  const wrong = { ...told, ...(isChecked ? found : typedWrong(found, values)) }

  const send = () => {
    setChecked(true)
    if (Object.keys(found).length > 0) {
      requestAnimationFrame(() => focusFirstWrong(form.current))
      return
    }
    submit.send(params, estimate)
  }
  useShortcut(
    {
      id: 'workspace.submit',
      keys: 'Mod+Enter',
      label: say.workspace.keySubmit,
      group: say.shell.workspace,
    },
    (event) => {
      if (!event.repeat) send()
    },
  )

  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
      className="flex flex-col gap-4 md:h-full md:gap-0"
    >
      <div className="flex flex-col gap-4 md:min-h-0 md:grow md:overflow-y-auto md:p-5">
        {above}
        <Form
          fields={fields}
          values={values}
          wrong={wrong}
          operation={operation.type}
          onChange={(next) => {
            submit.forget()
            change(next)
          }}
        />
      </div>
      <PriceBar
        operation={operation}
        estimate={estimate}
        submit={submit}
        isAside={isAside}
        isIncomplete={isChecked && Object.keys(found).length > 0}
        request={{ body: params, key: readDraft(operation.type)?.key }}
      />
    </form>
  )
}

/** What the price is asked of: the order; with a stand-in where only the words are missing yet,
 * since no price goes by these. */
function askable(type: string, fields: readonly Field[], values: Values, found: Wrong) {
  const missing = fields.filter(
    (field) => field.kind === 'text' && field.isPrompt && `#/${field.name}` in found,
  )
  if (Object.keys(found).length > missing.length) return undefined
  const isTyped = missing.some((field) => values[field.name])
  if (isTyped) return undefined
  const standIns = Object.fromEntries(missing.map((field) => [field.name, '…']))
  return { ...paramsOf(fields, { ...values, ...standIns }), type }
}

/** What is wrong with what stands there; that something is missing yet is no fault while typing. */
function typedWrong(found: Wrong, values: Values): Wrong {
  return Object.fromEntries(
    Object.entries(found).filter(([pointer]) => {
      const name = pointer.split('/')[1] ?? ''
      const value = values[name]
      return (
        value !== undefined && value !== '' && !Array.isArray(value) && typeof value !== 'object'
      )
    }),
  )
}

function focusFirstWrong(form: HTMLFormElement | null): void {
  const control = form?.querySelector<HTMLElement>('[aria-invalid=true]')
  control?.focus()
}
