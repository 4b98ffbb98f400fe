import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { EntryOut } from '../api/types'
import { useSay } from '../say'
import { Empty, Failure, Lines, Loading } from '../ui/states'
import { useEntries } from './entries'
import { EntryRow } from './entry-row'
import { type Filters, isFiltered } from './filters'

interface Props {
  filters: Filters
  rev: number
}

/** Every movement that matches, the newest first; only what is seen is in the page. */
export function Statement({ filters, rev }: Props) {
  const say = useSay()
  const { older, rows } = useEntries(filters, rev)

  if (older.isPending)
    return (
      <Loading>
        <Lines count={6} />
      </Loading>
    )
  if (older.isError && rows.length === 0)
    return (
      <Failure
        title={say.errors.couldNotLoad}
        error={older.error}
        onRetry={() => void older.refetch()}
      />
    )
  if (rows.length === 0)
    return <Empty>{isFiltered(filters) ? say.wallet.noneMatch : say.wallet.none}</Empty>
  return (
    <>
      <Rows
        rows={rows}
        hasMore={older.hasNextPage && !older.isFetchNextPageError}
        isAsking={older.isFetchingNextPage}
        onMore={() => void older.fetchNextPage()}
      />
      {older.isFetchNextPageError && (
        <div className="py-4">
          <Failure
            title={say.errors.couldNotLoad}
            error={older.error}
            onRetry={() => void older.fetchNextPage()}
          />
        </div>
      )}
      {!older.hasNextPage && <p className="py-4 text-label text-ink-3">{say.wallet.end}</p>}
    </>
  )
}

interface RowsProps {
  rows: EntryOut[]
  hasMore: boolean
  isAsking: boolean
  onMore: () => void
}

function Rows({ rows, hasMore, isAsking, onMore }: RowsProps) {
  'use no memo'
  const say = useSay()
  const list = useRef<HTMLDivElement>(null)
  const [margin, setMargin] = useState(0)
  useLayoutEffect(() => {
    const top = list.current?.getBoundingClientRect().top
    if (top !== undefined) setMargin(Math.round(top + scrollY))
  }, [rows.length])

  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (innerWidth < 760 ? 64 : 44),
    overscan: 12,
    scrollMargin: margin,
    getItemKey: (place) => rows[place]!.seq,
  })
  const items = virtual.getVirtualItems()
  const end = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && !isAsking && end >= rows.length - 15) onMore()
  }, [end, rows.length, hasMore, isAsking, onMore])

  return (
    <div
      role="table"
      aria-label={say.wallet.statement}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-busy={isAsking}
    >
      <div role="rowgroup" className="max-md:sr-only">
        <div
          role="row"
          className="statement-row border-b border-line text-label font-semibold text-ink-2"
        >
          <span role="columnheader">{say.wallet.date}</span>
          <span role="columnheader">{say.wallet.what}</span>
          <span role="columnheader" className="text-right">
            {say.wallet.changeHeld}
          </span>
          <span role="columnheader" className="text-right">
            {say.wallet.change}
          </span>
          <span role="columnheader" className="text-right">
            {say.wallet.after}
          </span>
        </div>
      </div>
      <div
        ref={list}
        role="rowgroup"
        className="relative"
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map((item) => (
          <EntryRow
            key={item.key}
            entry={rows[item.index]!}
            place={item.index + 2}
            style={{ height: item.size, transform: `translateY(${item.start - margin}px)` }}
          />
        ))}
      </div>
    </div>
  )
}
