import { type DragEvent, useRef, useState } from 'react'
import { useFormats, useSay } from '../say'
import { Button } from '../ui/button'
import { Progress } from '../ui/progress'
import { Failure } from '../ui/states'
import type { AssetKind } from './schema'
import { ACCEPTED, type Uploading } from './upload'

interface PickFileProps {
  accepts: AssetKind
  label: string
  onPick: (file: File) => void
}

/** A button that opens the system's own dialog. */
export function PickFile({ accepts, label, onPick }: PickFileProps) {
  const say = useSay()
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button aria-label={`${say.upload.upload} · ${label}`} onClick={() => input.current?.click()}>
        {say.upload.upload}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        accept={ACCEPTED[accepts]}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0]
          if (file) onPick(file)
          currentTarget.value = '' // the same file may be picked again
        }}
      />
    </>
  )
}

/** How far a file has come, or why it was not taken. */
export function UploadState({ upload }: { upload: Uploading }) {
  const say = useSay()
  const formats = useFormats()
  if (upload.coming) {
    const { name, share } = upload.coming
    const told = share < 1 ? formats.percent(share) : say.upload.looking
    return (
      <div className="mt-2 flex items-center gap-3 text-label text-ink-2">
        <div className="min-w-0 grow">
          <p className="truncate">
            {name} · {told}
          </p>
          <Progress
            label={say.upload.progressOf(name)}
            value={share < 1 ? share : undefined}
            told={told}
          />
        </div>
        <Button look="quiet" onClick={upload.cancel}>
          {say.upload.cancel}
        </Button>
      </div>
    )
  }
  if (upload.problem)
    return (
      <div className="mt-2">
        <Failure
          title={say.upload.failed}
          error={upload.problem}
          onRetry={upload.problem.isPassing ? upload.again : undefined}
        />
      </div>
    )
  return null
}

/** Takes the first file that is dropped on it. */
export function useDrop(onFile: (file: File) => void) {
  const [isOver, setOver] = useState(false)
  return {
    isOver,
    events: {
      onDragOver: (event: DragEvent) => {
        if (!event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        setOver(true)
      },
      onDragLeave: () => setOver(false),
      onDrop: (event: DragEvent) => {
        event.preventDefault()
        setOver(false)
        const file = event.dataTransfer.files[0]
        if (file) onFile(file)
      },
    },
  }
}
