import { useQuery } from '@tanstack/react-query'
import { listModelsOptions, listWorkflowsOptions } from '../api/queries'
import { useSay } from '../say'
import { TextField } from '../ui/field'
import { Select } from '../ui/select'
import type { FieldProps } from './form'

/** A model of the catalogue, by its id. One that is needed may be any of a provider's: it is typed. */
export function ModelField(props: FieldProps<'model'>) {
  const { field, value, error, label, hint, onChange, operation } = props
  const say = useSay()
  const { data } = useQuery(listModelsOptions({ query: { operation } }))
  if (field.required) return <Typed {...props} ids={data?.items.map((each) => each.id) ?? []} />
  const options = (data?.items ?? []).map((each) => ({ value: each.id, label: each.id }))
  return (
    <Select
      label={label}
      hint={hint}
      error={error}
      options={[{ value: '', label: say.workspace.anyModel }, ...options]}
      value={typeof value === 'string' ? value : ''}
      onChoose={onChange}
    />
  )
}

/** A workflow of this house, by its name. */
export function WorkflowField({ value, error, label, hint, onChange }: FieldProps<'workflow'>) {
  const say = useSay()
  const { data } = useQuery(listWorkflowsOptions())
  const names = (data?.items ?? []).map(({ name }) => ({ value: name, label: name }))
  return (
    <Select
      label={label}
      hint={hint}
      error={error}
      options={[{ value: '', label: say.workspace.none }, ...names]}
      value={typeof value === 'string' ? value : ''}
      onChoose={onChange}
    />
  )
}

function Typed({
  field,
  value,
  error,
  label,
  hint,
  onChange,
  ids,
}: FieldProps<'model'> & { ids: string[] }) {
  const list = `${field.name}-known`
  return (
    <>
      <TextField
        label={label}
        hint={hint}
        error={error}
        list={list}
        spellCheck={false}
        value={typeof value === 'string' ? value : ''}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={list}>
        {ids
          .filter((id) => !id.endsWith('*'))
          .map((id) => (
            <option key={id} value={id} />
          ))}
      </datalist>
    </>
  )
}
