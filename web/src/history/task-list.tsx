import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef } from 'react'
import { useVisible } from '../grid/visible'
import { listOperationsOptions } from '../api/queries'
import type { TaskRowOut } from '../api/types'
import { join } from '../ui/join'
import { DayHeading } from './day-heading'
import type { Shown } from './list'
import { useRows } from './list'
import { type Part, partsBetween, type Plan } from './plan'
import { Row } from './row'
import type { Selection } from './selection'
import { Tile } from './tile'
import type { Walk } from './walk'

interface Props {
  shown: Shown
  plan: Plan
  view: 'grid' | 'rows'
  selection: Selection
  walk: Walk
}

/** Every task of the plan, of which those in the window are there. Each day is a feed of its own;
 * the whole is one stop for Tab, and arrows go through it. */
export function TaskList({ shown, plan, view, selection, walk }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const span = useVisible(box)
  const parts = useMemo(() => partsBetween(plan, span.top, span.bottom), [plan, span])
  const rows = useRows(shown, parts)
  const operations = useOperationNames()

  useEffect(() => walk.attend(box.current, plan, rows))

  return (
    <div
      ref={box}
      className="relative"
      style={{ height: plan.height }}
      onKeyDown={walk.onKeyDown}
      onFocus={walk.onFocus}
      role="presentation"
    >
      {parts.map((part) => (
        <section
          key={part.section.day}
          aria-label={part.section.day}
          className="absolute inset-x-0"
          style={{ top: part.section.top, height: part.section.height }}
        >
          <DayHeading day={part.section.day} tasks={part.section.tasks} />
          <Feed
            {...{ part, plan, view, selection, operations }}
            active={walk.active}
            rows={rows.get(part.section.day) ?? []}
          />
        </section>
      ))}
    </div>
  )
}

interface FeedProps {
  part: Part
  plan: Plan
  view: 'grid' | 'rows'
  rows: readonly TaskRowOut[]
  selection: Selection
  operations: ReadonlyMap<string, string>
  active: number
}

function Feed({ part, plan, view, rows, selection, operations, active }: FeedProps) {
  const { section, from, to } = part
  const { heading, row: height, columns } = plan.shape
  const places = Array.from({ length: to - from }, (_, place) => from + place)
  const Entry = view === 'grid' ? Tile : Row
  return (
    <div role="feed" aria-label={section.day} aria-busy={places.some((place) => !rows[place])}>
      {places.map((place) => {
        const row = rows[place]
        const index = section.first + place
        return (
          <article
            key={index}
            data-index={index}
            tabIndex={index === active ? 0 : -1}
            aria-posinset={index + 1}
            aria-setsize={plan.count}
            aria-label={row?.title ?? row?.type ?? section.day}
            className="absolute -outline-offset-2 [scroll-margin:9rem_0_7rem]"
            style={{
              top: heading + Math.floor(place / columns) * height,
              left: `calc(${(place % columns) / columns} * (100% + 0.75rem))`,
              width: columns === 1 ? '100%' : `calc((100% + 0.75rem) / ${columns} - 0.75rem)`,
              height,
            }}
          >
            {row ? (
              <Entry
                row={row}
                operation={operations.get(row.type) ?? row.type}
                isSelected={selection.has(row.id)}
                isActive={index === active}
                onToggle={selection.toggle}
              />
            ) : (
              <Unpainted isTile={view === 'grid'} />
            )}
          </article>
        )
      })}
    </div>
  )
}

/** A row that is not there yet, in its size. */
function Unpainted({ isTile }: { isTile: boolean }) {
  return (
    <div
      aria-hidden
      className={join(
        'h-full',
        isTile ? 'pb-15' : 'flex items-center gap-3 border-b border-line px-2',
      )}
    >
      {isTile ? (
        <div className="size-full rounded-picture tooth" />
      ) : (
        <>
          <span className="ml-9 size-11 rounded-picture tooth" />
          <span className="h-4 w-1/3 tooth" />
        </>
      )}
    </div>
  )
}

/** What each operation is called. */
export function useOperationNames(): ReadonlyMap<string, string> {
  const { data } = useQuery({ ...listOperationsOptions(), staleTime: 10 * 60_000 })
  return useMemo(() => new Map(data?.items.map(({ type, title }) => [type, title])), [data])
}
