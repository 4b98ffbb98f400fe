import { memo } from 'react'
import type { TaskRowOut } from '../api/types'
import { useFormats, useSay } from '../say'
import { Checkbox } from '../ui/checkbox'
import { join } from '../ui/join'
import { BareLink } from '../ui/link'
import { StatusWord } from '../task/status'
import { Time } from '../ui/time'
import { Picture } from './picture'
import { wordsOf } from './words'

export interface EntryProps {
  row: TaskRowOut
  operation: string
  isSelected: boolean
  isActive: boolean
  onToggle: (row: TaskRowOut) => void
}

/** A task in the list: one line, two on phones. */
export const Row = memo(function Row({
  row,
  operation,
  isSelected,
  isActive,
  onToggle,
}: EntryProps) {
  const say = useSay()
  const formats = useFormats()
  const { title, aside, amount, isHeld } = wordsOf(row, say, formats)
  return (
    <div
      className={join(
        'relative grid h-full items-center gap-x-3 border-b border-line px-2',
        'grid-cols-[1.5rem_2.75rem_minmax(0,1fr)_auto]',
        'md:grid-cols-[1.5rem_2.75rem_minmax(0,1fr)_13rem_3.5rem_6.5rem]',
        'lg:grid-cols-[1.5rem_2.75rem_minmax(0,1fr)_9rem_14rem_3.5rem_6.5rem]',
        'xl:grid-cols-[1.5rem_11.75rem_minmax(0,1fr)_12rem_16rem_4rem_7rem]',
        isSelected ? 'bg-sunk shadow-[inset_2px_0_0_var(--bole)]' : 'hover:bg-sunk',
      )}
    >
      <span className="relative z-10 row-span-2 md:row-span-1">
        <Checkbox
          bare
          label={say.history.select(title)}
          checked={isSelected}
          onChange={() => onToggle(row)}
          {...(!isActive && { tabIndex: -1 })}
        />
      </span>
      <span className="row-span-2 flex gap-1 md:row-span-1">
        {row.thumbnails.length === 0 && (
          <span aria-hidden className="size-11 rounded-picture tooth" />
        )}
        {row.thumbnails.map((thumb, place) => (
          <Picture
            key={thumb.asset_id}
            thumb={thumb}
            alt={say.history.picture(thumb.index + 1, title)}
            className={join('size-11', place > 0 && 'hidden xl:block')}
          />
        ))}
      </span>
      <BareLink
        to="/tasks/$id"
        params={{ id: row.id }}
        tabIndex={isActive ? 0 : -1}
        dir="auto"
        className="self-end truncate after:absolute after:inset-0 md:self-center"
      >
        {title}
      </BareLink>
      <span className="hidden truncate text-label text-ink-2 lg:block">{operation}</span>
      <span className="col-start-3 flex min-w-0 gap-1 self-start truncate text-label text-ink-2 md:col-start-auto md:self-center">
        <StatusWord status={row.status} />
        {aside && <span className="truncate">· {aside}</span>}
      </span>
      <span className="col-start-4 row-start-1 self-end text-right text-label text-ink-3 figures md:col-start-auto md:row-start-auto md:self-center">
        <Time at={row.created_at} as="time" />
      </span>
      <span
        className={join(
          'col-start-4 row-start-2 self-start text-right whitespace-nowrap figures md:col-start-auto md:row-start-auto md:self-center',
          isHeld && 'text-label text-ink-2',
        )}
      >
        {isHeld ? say.history.held(amount) : amount}
      </span>
    </div>
  )
})
