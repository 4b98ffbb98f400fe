import { memo } from 'react'
import { useFormats, useSay } from '../say'
import { Checkbox } from '../ui/checkbox'
import { join } from '../ui/join'
import { BareLink } from '../ui/link'
import { StatusWord } from '../task/status'
import { Picture } from './picture'
import type { EntryProps } from './row'
import { wordsOf } from './words'

/** A task in the grid: its picture, the chosen one where one was chosen, with a wall label. */
export const Tile = memo(function Tile({ row, isSelected, isActive, onToggle }: EntryProps) {
  const say = useSay()
  const formats = useFormats()
  const { title, aside } = wordsOf(row, say, formats)
  const chosen = row.thumbnails.find(({ index }) => index === row.selected_image_index)
  const thumb = chosen ?? row.thumbnails[0]
  return (
    <div className="relative flex h-full flex-col gap-2 pb-3">
      <div
        className={join(
          'min-h-0 grow',
          isSelected && 'rounded-picture outline-3 outline-offset-2 outline-bole',
        )}
      >
        {thumb ? (
          <Picture
            thumb={thumb}
            alt={say.history.picture(thumb.index + 1, title)}
            className="size-full"
          />
        ) : (
          <span aria-hidden className="block size-full rounded-picture tooth" />
        )}
      </div>
      <span className="absolute top-2 left-2 z-10 flex rounded-control bg-panel p-1">
        <Checkbox
          bare
          label={say.history.select(title)}
          checked={isSelected}
          onChange={() => onToggle(row)}
          {...(!isActive && { tabIndex: -1 })}
        />
      </span>
      <div className="h-10 shrink-0">
        <BareLink
          to="/tasks/$id"
          params={{ id: row.id }}
          tabIndex={isActive ? 0 : -1}
          dir="auto"
          className="block truncate after:absolute after:inset-0"
        >
          {title}
        </BareLink>
        <span className="flex gap-1 truncate text-label text-ink-2">
          <StatusWord status={row.status} />
          {aside && <span className="truncate">· {aside}</span>}
        </span>
      </div>
    </div>
  )
})
