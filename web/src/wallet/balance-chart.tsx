import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { getSeries } from '../api/calls'
import type { DayOut } from '../api/types'
import { DayChart, type DayPoint } from '../charts/day-chart'
import { parse } from '../money'
import { useFormats, useSay } from '../say'
import { Choice } from '../ui/choice'
import { Failure, Loading } from '../ui/states'
import { Table, Td, Th } from '../ui/table'

const RANGES = ['7', '30', '366'] as const
type Range = (typeof RANGES)[number]

/** The balance by days, as a picture or as the same numbers in a table. */
export function BalanceChart({ rev }: { rev: number }) {
  const say = useSay()
  const [range, setRange] = useState<Range>('30')
  const [view, setView] = useState<'chart' | 'table'>('chart')
  const series = useQuery({
    queryKey: ['wallet', 'series', range, rev],
    queryFn: async ({ signal }) =>
      (await getSeries({ query: { days: Number(range) }, signal })).data,
    placeholderData: keepPreviousData,
  })
  return (
    <section aria-labelledby="balance-by-day">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <h2 id="balance-by-day">{say.wallet.chart}</h2>
        <div className="flex flex-wrap gap-3">
          <Choice
            bare
            label={say.wallet.range}
            value={range}
            onChoose={setRange}
            options={RANGES.map((each) => ({ value: each, label: say.wallet.days(Number(each)) }))}
          />
          <Choice
            bare
            label={say.wallet.chart}
            value={view}
            onChoose={setView}
            options={[
              { value: 'chart', label: say.wallet.asChart },
              { value: 'table', label: say.wallet.asTable },
            ]}
          />
        </div>
      </div>
      <div className="min-h-64">
        {series.isPending && (
          <Loading>
            <div className="h-64 tooth" />
          </Loading>
        )}
        {series.isError && !series.data && (
          <Failure
            title={say.errors.couldNotLoad}
            error={series.error}
            onRetry={() => void series.refetch()}
          />
        )}
        {series.data && view === 'chart' && <Drawn days={series.data.days} />}
        {series.data && view === 'table' && <Listed days={series.data.days} />}
      </div>
    </section>
  )
}

function Drawn({ days }: { days: DayOut[] }) {
  const say = useSay()
  const { credits, number } = useFormats()
  const dayName = useDayName()
  const byDay = new Map(days.map((each) => [each.day, each.closing]))
  const told = ({ day }: DayPoint) => {
    const closing = byDay.get(day)!
    return say.wallet.point(dayName(day), credits(closing.available), credits(closing.frozen))
  }
  return (
    <DayChart
      label={say.wallet.chartLabel}
      points={days.map(pointOf)}
      told={told}
      dayName={dayName}
      number={number}
    />
  )
}

function Listed({ days }: { days: DayOut[] }) {
  const say = useSay()
  const { credits } = useFormats()
  const dayName = useDayName()
  return (
    <div className="max-h-96 overflow-y-auto">
      <Table caption={say.wallet.chartLabel}>
        <thead>
          <tr>
            <Th>{say.wallet.day}</Th>
            <Th number>{say.wallet.available}</Th>
            <Th number>{say.wallet.heldWord}</Th>
            <Th number>{say.wallet.posted}</Th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map(({ day, closing }) => (
            <tr key={day}>
              <Td>{dayName(day)}</Td>
              <Td number>{credits(closing.available)}</Td>
              <Td number>{credits(closing.frozen)}</Td>
              <Td number>{credits(closing.total)}</Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  )
}

/** Places on a picture may be floats; what is told of them is exact. */
function pointOf({ day, closing }: DayOut): DayPoint {
  return { day, value: float(closing.available), total: float(closing.total) }
}

function float(amount: string): number {
  return Number(parse(amount)) / 1e6
}

/** A day of the series is one of UTC, wherever the reader is. */
function useDayName(): (day: string) => string {
  const { date } = useFormats()
  return (day) => date(new Date(`${day}T12:00:00`))
}
