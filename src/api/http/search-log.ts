/** Questions to the log in its filter language: pages from the newest back, and counts. */
import { readPage, writeCursor, wrongCursor } from './page.ts'
import type { ApiResult, RouteInput } from './route.ts'

export async function searchLog({ operations, query }: RouteInput): Promise<ApiResult> {
  const asked = readPage(query)
  const before = asked?.after === undefined ? undefined : Number(asked.after)
  if (asked === undefined || (before !== undefined && !Number.isSafeInteger(before))) return wrongCursor()
  const place = before === undefined ? {} : { before }
  const found = await operations!.eventsSearch({ q: String(query['q']), limit: asked.limit, ...place })
  if (!found.ok) return named(found)
  const { events, next, partial } = found.value
  return { ok: true, value: { items: events, next: next === null ? null : writeCursor(String(next)), partial } }
}

export async function countLog({ operations, query }: RouteInput): Promise<ApiResult> {
  const counted = await operations!.eventsCount({ q: String(query['q']) })
  return counted.ok ? counted : named(counted)
}

function named({
  error,
}: Extract<Awaited<ReturnType<NonNullable<RouteInput['operations']>['eventsCount']>>, { ok: false }>): ApiResult {
  return {
    ok: false,
    error: error.code === 'QUERY_INVALID' ? { code: 'API_INVALID', message: `q: ${error.message}`, field: 'q' } : error,
  }
}
