import { useNavigate } from '@tanstack/react-router'
import { type CSSProperties, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useLink } from '../live'
import { useFormats, useSay } from '../say'
import { useAnnounce } from '../ui/announce'
import { Button } from '../ui/button'
import { ButtonLink } from '../ui/link'
import { Empty, Failure, Lines, Loading } from '../ui/states'
import { CancelMany } from './cancel-many'
import { filtersOf, type HistorySearch, isFiltered } from './filters'
import { useHistoryKeys } from './keys'
import { useHistory } from './list'
import { useNews } from './news'
import { useFreshRows } from './fresh-rows'
import { planOf, type Section } from './plan'
import { Rail } from './rail'
import { RunAgain } from './run-again'
import { choiceOf, useSelection } from './selection'
import { SelectionBar } from './selection-bar'
import { useShape } from './shape'
import { TaskList } from './task-list'
import { Toolbar } from './toolbar'
import { useScrollTop } from './scroll-top'
import { leave, useWalk } from './walk'

/** Pixels of the header and the toolbar, below which the list begins. */
const TOP = 56 + 64

interface Props {
  search: HistorySearch
}

/** Everything that one has made: found again, looked at, made once more. */
export function HistoryPage({ search }: Props) {
  const say = useSay()
  const { number } = useFormats()
  const navigate = useNavigate({ from: '/history' })
  const filters = useMemo(() => filtersOf(search), [search])
  const list = useHistory(filters)
  const news = useNews(list)
  useFreshRows()
  const selection = useSelection()
  const [asking, setAsking] = useState<'cancel' | readonly string[]>()
  const field = useRef<HTMLInputElement>(null)
  const frame = useRef<HTMLDivElement>(null)
  const view = search.view ?? 'rows'
  const shape = useShape(frame, view)
  const plan = useMemo(() => shape && planOf(list.days, shape), [list.days, shape])

  const onOpen = useCallback(
    ({ id }: { id: string }) => void navigate({ to: '/tasks/$id', params: { id } }),
    [navigate],
  )
  const remix = useCallback(
    ({ id }: { id: string }) => void navigate({ to: '/workspace', search: { from: id } as never }),
    [navigate],
  )
  const place = JSON.stringify(search)
  const walk = useWalk(place, onOpen)
  useEffect(() => () => leave(place, walk.active), [place, walk.active])

  const change = useCallback(
    (change: Partial<HistorySearch>) => {
      selection.clear()
      void navigate({
        search: (known) => ({ ...known, ...change }),
        replace: true,
      })
    },
    [navigate, selection],
  )
  const showNews = async () => {
    await list.refresh()
    globalThis.scrollTo({ top: 0 })
    walk.go(0)
  }
  const again = (ids: readonly string[]) => ids.length > 0 && setAsking(ids)
  useHistoryKeys({
    walk,
    selection,
    list,
    plan,
    again,
    remix,
    field,
    showNews: news > 0 ? showNews : undefined,
  })
  useNewsSaid(news)
  const { refresh } = list
  const isEmpty = !list.isLoading && list.total === 0
  useEffect(() => {
    // Where nothing is shown nothing is pushed away: what comes joins at once.
    if (isEmpty && news > 0) void refresh()
  }, [isEmpty, news, refresh])

  const jump = ({ top, first }: Section) => {
    const at = frame.current?.getBoundingClientRect().top ?? 0
    globalThis.scrollTo({ top: globalThis.scrollY + at + top - TOP })
    walk.go(first)
  }
  const close = useCallback(
    (didIt: boolean) => {
      setAsking(undefined)
      if (didIt) selection.clear()
    },
    [selection],
  )
  const selected = selection.countOf(list.total)
  const style = { '--history-top': `${TOP}px` } as CSSProperties

  return (
    <div style={style} className={selected > 0 ? 'pb-16' : undefined}>
      <div className="flex items-baseline justify-between gap-4 px-4 pt-6 pb-2 md:px-6">
        <h1>{say.shell.history}</h1>
        <p className="text-label text-ink-2 figures" aria-live="off">
          {!list.isLoading &&
            (list.total === 1 ? say.history.one : say.history.count(number(list.total)))}
        </p>
      </div>
      <Toolbar search={search} onChange={change} field={field} />
      <OfflineHint />
      <div className="flex gap-4 px-4 md:pr-0 md:pl-6">
        <div ref={frame} className="relative min-w-0 grow" aria-busy={list.isLate}>
          {news > 0 && !isEmpty && (
            <div className="sticky top-(--history-top) z-20 flex h-0 justify-center">
              <Button className="mt-2 h-10 shadow-layer" onClick={() => void showNews()}>
                {say.history.fresh(news)} <span aria-hidden>↑</span>
              </Button>
            </div>
          )}
          {list.error !== null && list.isLate && (
            <div className="py-8">
              <Failure error={list.error} onRetry={() => void list.refresh()} />
            </div>
          )}
          {list.isLoading && list.error === null && (
            <Loading>
              <Lines count={12} />
            </Loading>
          )}
          {!list.isLoading && list.total === 0 && (
            <Nothing isFiltered={isFiltered(search)} onClear={change} />
          )}
          {plan && plan.count > 0 && <TaskList shown={list} {...{ plan, view, selection, walk }} />}
        </div>
        {plan && plan.count > 0 && <RailAtScroll plan={plan} frame={frame} onJump={jump} />}
      </div>
      {selected > 0 && (
        <SelectionBar
          selection={selection}
          total={list.total}
          onAgain={() => again([...selection.named.keys()])}
          onRemix={() => [...selection.named.values()].slice(0, 1).forEach(remix)}
          onCancel={() => setAsking('cancel')}
        />
      )}
      {asking === 'cancel' && <CancelMany tasks={choiceOf(selection, list)} onClose={close} />}
      {asking !== undefined && asking !== 'cancel' && <RunAgain ids={asking} onClose={close} />}
    </div>
  )
}

function RailAtScroll({
  frame,
  ...rest
}: Omit<Parameters<typeof Rail>[0], 'top'> & { frame: React.RefObject<HTMLElement | null> }) {
  return <Rail {...rest} top={useScrollTop(frame, TOP)} />
}

function Nothing({
  isFiltered: hasFilters,
  onClear,
}: {
  isFiltered: boolean
  onClear: (change: Partial<HistorySearch>) => void
}) {
  const say = useSay()
  if (!hasFilters)
    return (
      <Empty
        action={
          <ButtonLink to="/workspace" look="primary">
            {say.history.make}
          </ButtonLink>
        }
      >
        {say.history.empty}
      </Empty>
    )
  const none = { q: undefined, status: undefined, op: undefined, from: undefined, to: undefined }
  return (
    <Empty action={<Button onClick={() => onClear(none)}>{say.history.clear}</Button>}>
      {say.history.nothingFound}
    </Empty>
  )
}

function OfflineHint() {
  const say = useSay()
  return (
    useLink().state === 'offline' && (
      <p className="px-4 py-2 text-label text-ink-3 md:px-6">{say.history.offlineHint}</p>
    )
  )
}

function useNewsSaid(news: number) {
  const say = useSay()
  const announce = useAnnounce()
  useEffect(() => {
    if (news > 0) announce(say.history.freshSaid(news))
  }, [news, announce, say])
}
