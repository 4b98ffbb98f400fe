import { useInfiniteQuery } from '@tanstack/react-query'

interface Page<Row> {
  items: Row[]
  next_cursor?: string | null
}

/** A list of the console, page by page; read when it is opened, and again by hand. */
export function usePages<Row>(
  key: readonly unknown[],
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>,
) {
  const query = useInfiniteQuery({
    queryKey: ['console', ...key],
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 0,
  })
  return { ...query, rows: query.data?.pages.flatMap(({ items }) => items) }
}
