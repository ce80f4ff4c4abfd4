/** Questions to the log in its filter language, read from the newest back: so many events for each request, and a cursor to go on. */
import { eventFields } from '../../events/query/event-fields.ts'
import { matches } from '../../events/query/matches.ts'
import { momentAt } from '../../events/query/moments.ts'
import { parseQuery } from '../../events/query/parse.ts'
import type { Query } from '../../events/query/types.ts'
import type { LoggedEvent } from '../../events/event-log.ts'
import type { Operations } from '../operations.ts'
import { readPage, writeCursor, wrongCursor } from './page.ts'
import type { ApiResult, RouteInput } from './route.ts'

/** Events that one request looks at. */
const MAXIMUM_LOOKED_AT = 5_000
const BATCH = 1_000

export async function searchLog({ operations, query }: RouteInput): Promise<ApiResult> {
  const asked = readPage(query)
  const before = asked?.after === undefined ? undefined : Number(asked.after)
  if (asked === undefined || (before !== undefined && !Number.isSafeInteger(before))) return wrongCursor()
  const parsed = parseQuery(String(query['q']))
  if (!parsed.ok) return invalid(parsed.error.message)
  if (parsed.value.counting !== undefined) return invalid('counting is for the command line: ask for events here')
  return search(operations!, parsed.value, before, asked.limit)
}

async function search(
  operations: Operations,
  question: Query,
  before: number | undefined,
  limit: number,
): Promise<ApiResult> {
  const now = Date.now()
  const since = question.since === undefined ? Number.NEGATIVE_INFINITY : momentAt(question.since, now)
  const until = question.until === undefined ? Number.POSITIVE_INFINITY : momentAt(question.until, now)
  const items: LoggedEvent[] = []
  let place = before
  for (let looked = 0; looked < MAXIMUM_LOOKED_AT; looked += BATCH) {
    const found = await operations.events({ limit: BATCH, ...(place === undefined ? {} : { before: place }) })
    if (!found.ok) return { ok: false, error: found.error }
    for (const each of found.value.toReversed()) {
      place = each.position
      const { at } = each.event
      if (at < since || at > until || !matches(question.filter, eventFields(each.event, each.position))) continue
      items.push(each)
      if (items.length === limit) return page(items, place)
    }
    if (found.value.length < BATCH) return page(items, undefined)
  }
  return page(items, place)
}

/** `next`: not everything was looked at yet, and more may come. */
function page(items: readonly LoggedEvent[], place: number | undefined): ApiResult {
  return { ok: true, value: { items, next: place === undefined ? null : writeCursor(String(place)) } }
}

function invalid(message: string): ApiResult {
  return { ok: false, error: { code: 'API_INVALID', message: `q: ${message}`, field: 'q' } }
}
