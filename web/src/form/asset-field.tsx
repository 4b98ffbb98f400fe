import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { getAssetOptions, listTasksOptions } from '../api/queries'
import type { TaskRowOut } from '../api/types'
import { useSay } from '../say'
import { rowName } from '../task/task'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Field } from '../ui/field'
import { Empty, Failure, Loading } from '../ui/states'
import type { FieldProps } from './form'
import type { AssetKind } from './schema'

/** A file of one's own, chosen from what was made here. */
export function AssetField({ field, value, error, label, hint, onChange }: FieldProps<'asset'>) {
  const say = useSay()
  const [open, setOpen] = useState(false)
  const id = typeof value === 'string' && value ? value : undefined
  const choose = (chosen: string) => {
    onChange(chosen)
    setOpen(false)
  }
  return (
    <>
      <Field label={label} hint={hint} error={error} optional={!field.required}>
        {(tied) => (
          <div className="flex items-center gap-3">
            {id ? (
              <Chosen id={id} />
            ) : (
              <span aria-hidden className="block size-16 shrink-0 rounded-picture tooth" />
            )}
            <Button
              {...tied}
              aria-label={`${id ? say.workspace.changeAsset : say.workspace.chooseAsset} · ${label}`}
              onClick={() => setOpen(true)}
            >
              {id ? say.workspace.changeAsset : say.workspace.chooseAsset}
            </Button>
            {id && !field.required && (
              <Button look="quiet" onClick={() => onChange(undefined)}>
                {say.workspace.removeAsset}
              </Button>
            )}
          </div>
        )}
      </Field>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={say.workspace.pickTitle[field.accepts]}
        wide
      >
        {open && <Shelf accepts={field.accepts} onChoose={choose} />}
      </Dialog>
    </>
  )
}

function Chosen({ id }: { id: string }) {
  const say = useSay()
  const { data } = useQuery(getAssetOptions({ path: { asset_id: id } }))
  return (
    <span className="block size-16 shrink-0 overflow-hidden rounded-picture tooth">
      {data && (
        <img
          src={data.thumbnail_url ?? undefined}
          alt={say.workspace.chosenAsset}
          className="block size-full object-cover"
        />
      )}
    </span>
  )
}

interface ShelfProps {
  accepts: AssetKind
  onChoose: (id: string) => void
}

/** Everything of this kind among one's newest tasks. */
function Shelf({ accepts, onChoose }: ShelfProps) {
  const say = useSay()
  const tasks = useQuery(
    listTasksOptions({ query: { status: ['completed', 'awaiting_selection'], limit: 60 } }),
  )
  if (tasks.error) return <Failure error={tasks.error} onRetry={() => void tasks.refetch()} />
  if (!tasks.data) return <Loading />
  const found = tasks.data.items.flatMap((task) => filesOf(task, accepts))
  if (found.length === 0) return <Empty>{say.workspace.noPictures}</Empty>
  return (
    <ul className="grid grid-cols-3 gap-3 sm:grid-cols-4 md:grid-cols-5">
      {found.map(({ id, name, thumbnail }) => (
        <li key={id}>
          <button
            type="button"
            onClick={() => onChoose(id)}
            aria-label={say.workspace.assetOf(name)}
            title={name}
            className="block aspect-square w-full overflow-hidden rounded-picture tooth"
          >
            <img
              src={thumbnail}
              alt=""
              loading="lazy"
              decoding="async"
              className="block size-full object-cover"
            />
          </button>
        </li>
      ))}
    </ul>
  )
}

interface File {
  id: string
  name: string
  thumbnail: string
}

function filesOf(task: TaskRowOut, kind: AssetKind): File[] {
  const name = rowName(task)
  return task.thumbnails.flatMap((each) =>
    each.kind === kind && each.url ? [{ id: each.asset_id, name, thumbnail: each.url }] : [],
  )
}
