import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { getAssetOptions, listAssetsOptions } from '../api/queries'
import type { AssetOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Field } from '../ui/field'
import { join } from '../ui/join'
import { Empty, Failure, Loading } from '../ui/states'
import type { FieldProps } from './form'
import type { AssetKind } from './schema'
import { useUpload } from './upload'
import { PickFile, UploadState, useDrop } from './upload-parts'

/** A file of one's own: sent in, or chosen from what is there. */
export function AssetField({ field, value, error, label, onChange }: FieldProps<'asset'>) {
  const say = useSay()
  const [open, setOpen] = useState(false)
  const upload = useUpload(field.accepts, onChange)
  const drop = useDrop(upload.take)
  const id = typeof value === 'string' && value ? value : undefined
  const choose = (chosen: string) => {
    onChange(chosen)
    setOpen(false)
  }
  return (
    <>
      <Field label={label} hint={say.upload.hint} error={error} optional={!field.required}>
        {(tied) => (
          <div
            {...drop.events}
            className={join(
              'flex flex-wrap items-center gap-3 rounded-control',
              drop.isOver && 'outline-2 outline-offset-4 outline-ultramarine',
            )}
          >
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
            <PickFile accepts={field.accepts} label={label} onPick={upload.take} />
            {id && !field.required && (
              <Button look="quiet" onClick={() => onChange(undefined)}>
                {say.workspace.removeAsset}
              </Button>
            )}
          </div>
        )}
      </Field>
      <UploadState upload={upload} />
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

/** The newest of one's files of this kind. */
function Shelf({ accepts, onChoose }: ShelfProps) {
  const say = useSay()
  const formats = useFormats()
  const files = useQuery(listAssetsOptions({ query: { kind: accepts, limit: 60 } }))
  if (files.error) return <Failure error={files.error} onRetry={() => void files.refetch()} />
  if (!files.data) return <Loading />
  if (files.data.items.length === 0) return <Empty>{say.workspace.noPictures}</Empty>
  const nameOf = ({ task_id, created_at }: AssetOut) =>
    (task_id ? say.upload.made : say.upload.uploaded)(formats.dateTime(created_at))
  return (
    <ul className="grid grid-cols-3 gap-3 sm:grid-cols-4 md:grid-cols-5">
      {files.data.items.map((asset) => (
        <li key={asset.id}>
          <button
            type="button"
            onClick={() => onChoose(asset.id)}
            aria-label={nameOf(asset)}
            title={nameOf(asset)}
            className="block aspect-square w-full overflow-hidden rounded-picture tooth"
          >
            <img
              src={asset.thumbnail_url ?? undefined}
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
