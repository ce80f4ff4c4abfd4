/** Reads of the interface that pages share: kept, refreshed, and read on page by page. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { get, type Page } from '../api/client.ts'

export function useApi<T>(path: string, options: { readonly everyMs?: number; readonly enabled?: boolean } = {}) {
  const { everyMs, enabled = true } = options
  return useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => get<T>(path, signal),
    enabled,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  })
}

/** Page after page; `all`: reads on by itself until there is no more. */
export function usePages<T>(
  path: string,
  options: {
    readonly all?: boolean
    readonly everyMs?: number
    readonly enabled?: boolean
    readonly limit?: number
  } = {},
) {
  const { all = false, everyMs, enabled = true, limit = all ? 1_000 : 100 } = options
  const query = useInfiniteQuery({
    queryKey: [path, 'pages'],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const join = path.includes('?') ? '&' : '?'
      const cursor = pageParam === '' ? '' : `&cursor=${encodeURIComponent(pageParam)}`
      return get<Page<T>>(`${path}${join}limit=${limit}${cursor}`, signal)
    },
    getNextPageParam: page => page.next ?? undefined,
    // Whoever comes to a page wants what is there now; what was read before stands there meanwhile.
    refetchOnMount: 'always',
    enabled,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  })
  const { hasNextPage, isFetching, fetchNextPage } = query
  useEffect(() => {
    if (all && hasNextPage && !isFetching) void fetchNextPage()
  }, [all, hasNextPage, isFetching, fetchNextPage])
  return { ...query, items: query.data?.pages.flatMap(page => page.items) }
}

/** A change; what it touches is read again after it. */
export function useChange<I>(run: (input: I) => Promise<unknown>, touches: readonly string[]) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: run,
    onSettled: () =>
      cache.invalidateQueries({
        predicate: ({ queryKey }) => touches.some(path => String(queryKey[0]).startsWith(path)),
      }),
  })
}
