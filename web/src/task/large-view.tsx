import { ChevronLeft, ChevronRight, Download, Maximize, Minimize, X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { useState } from 'react'
import type { OperationOut, OutputOut, TaskOut } from '../api/types'
import { useSay } from '../say'
import { IconButton } from '../ui/button'
import { Shade } from '../ui/dialog'
import { join } from '../ui/join'
import { ButtonLink } from '../ui/link'
import { titleOf, useOperations } from './operations'
import { Picture } from './picture'
import { nameOf, picturesOf } from './task'

interface Props {
  task: TaskOut
  index: number
  onIndex: (index: number | undefined) => void
}

/** One picture as large as the window, then in its own size; arrows go to the next. */
export function LargeView({ task, index, onIndex }: Props) {
  const say = useSay()
  const [zoomed, setZoomed] = useState(false)
  const pictures = picturesOf(task)
  const at = Math.max(
    0,
    pictures.findIndex((piece) => piece.index === index),
  )
  const piece = pictures[at]
  if (!piece) return null
  const go = (step: number) => {
    setZoomed(false)
    onIndex(pictures[(at + step + pictures.length) % pictures.length]!.index)
  }
  return (
    <Radix.Root open onOpenChange={() => onIndex(undefined)}>
      <Radix.Portal>
        <Shade />
        <Radix.Content
          aria-describedby={undefined}
          onKeyDown={(event) => {
            if (event.key === 'ArrowRight') go(1)
            if (event.key === 'ArrowLeft') go(-1)
          }}
          className="fixed inset-0 z-50 flex flex-col bg-ground md:inset-6 md:rounded-control md:border md:border-line md:shadow-layer"
        >
          <div className="flex items-center gap-1 border-b border-line px-4 py-2">
            <Radix.Title className="mr-auto text-body font-semibold figures">
              {say.task.largeTitle(at + 1, pictures.length)}
            </Radix.Title>
            <IconButton
              label={zoomed ? say.task.zoomOut : say.task.zoomIn}
              aria-pressed={zoomed}
              onClick={() => setZoomed(!zoomed)}
            >
              {zoomed ? <Minimize {...icon} /> : <Maximize {...icon} />}
            </IconButton>
            {piece.url && (
              <a
                href={piece.url}
                download
                aria-label={say.task.download}
                title={say.task.download}
                className="inline-flex size-10 items-center justify-center rounded-control text-ink-2 hover:bg-sunk hover:text-ink"
              >
                <Download {...icon} />
              </a>
            )}
            <Radix.Close asChild>
              <IconButton label={say.shell.close}>
                <X {...icon} />
              </IconButton>
            </Radix.Close>
          </div>
          <div className="relative flex min-h-0 grow">
            <div
              // A region that scrolls must be reachable by keyboard.
              {...(zoomed && { tabIndex: 0, role: 'region', 'aria-label': say.task.zoomIn })}
              className={join(
                'flex min-h-0 min-w-0 grow bg-sunk',
                zoomed ? 'overflow-auto' : 'items-center justify-center p-2 md:p-4',
              )}
            >
              <Picture
                task={task}
                piece={piece}
                all={pictures.length}
                whole
                className={
                  zoomed ? 'm-auto max-w-none' : 'block max-h-full max-w-full object-contain'
                }
              />
            </div>
            {pictures.length > 1 && (
              <>
                <IconButton
                  label={say.task.previous}
                  onClick={() => go(-1)}
                  className="absolute top-1/2 left-3 -translate-y-1/2 bg-panel"
                >
                  <ChevronLeft {...icon} />
                </IconButton>
                <IconButton
                  label={say.task.next}
                  onClick={() => go(1)}
                  className="absolute top-1/2 right-3 -translate-y-1/2 bg-panel"
                >
                  <ChevronRight {...icon} />
                </IconButton>
              </>
            )}
          </div>
          <Caption task={task} piece={piece} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

const icon = { size: 20, strokeWidth: 1.5, 'aria-hidden': true } as const

/** The wall label below it: what it is of, its seed and size, and what can be made from it. */
function Caption({ task, piece }: { task: TaskOut; piece: OutputOut }) {
  const say = useSay()
  const facts = [
    piece.width && piece.height && say.task.dimensions(piece.width, piece.height),
    piece.seed !== null && piece.seed !== undefined && `${say.task.seed} ${piece.seed}`,
  ].filter((each) => typeof each === 'string')
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t border-line px-4 py-3">
      <div className="min-w-0 basis-80 grow">
        <p dir="auto" className="line-clamp-2 font-serif text-lead">
          {nameOf(task)}
        </p>
        <p className="text-label text-ink-2 figures">{facts.join(' · ')}</p>
      </div>
      <Uses piece={piece} />
    </div>
  )
}

function Uses({ piece }: { piece: OutputOut }) {
  const say = useSay()
  const operations = (useOperations() ?? []).filter(takesImage)
  if (!piece.asset_id || operations.length === 0) return null
  return (
    <div role="group" aria-label={say.task.useAs} className="flex flex-wrap gap-2">
      {operations.map((operation) => (
        <ButtonLink
          key={operation.type}
          to="/workspace"
          search={{ op: operation.type, input: piece.asset_id!, view: 'make' }}
        >
          {titleOf(operation, say)}
        </ButtonLink>
      ))}
    </div>
  )
}

/** Whether it can be asked for and needs a picture. */
function takesImage(operation: OperationOut): boolean {
  const schema = operation.schema as {
    properties?: Record<string, Record<string, unknown>>
    required?: string[]
  }
  return (
    operation.available &&
    (schema.required ?? []).some((name) => schema.properties?.[name]?.['x-ui'] === 'asset:image')
  )
}
