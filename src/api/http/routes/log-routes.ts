/** Calls of the past, and the log: pages from the newest back, and what happens now. */
import { z } from 'zod'
import type { OperationResult, Operations } from '../../operations.ts'
import { MAXIMUM_QUERY } from '../../../events/query/parse.ts'
import { isEventType } from '../../operation-schemas.ts'
import { LOG_VIEWS } from '../../views/log-views.ts'
import { DIRECTORY_VIEWS, loggedEvent } from '../../views/directory-views.ts'
import {
  type ApiResult,
  type ApiRoute,
  operationRoute,
  pageOf,
  plainRoute,
  readCursor,
  type RouteInput,
  writeCursor,
} from '../route.ts'
import { countLog, searchLog } from '../search-log.ts'
import { createEventStream, type StreamLimits } from '../stream.ts'

const MAXIMUM_PAGE = 500
const limit = z.int().min(1).max(MAXIMUM_PAGE).default(100)
const cursor = z.string().max(64).optional().describe('`next` of the page before')
const types = z
  .array(z.string().max(64).refine(isEventType, 'names no event; docs/events.md lists them'))
  .max(100)
  .optional()
  .describe('types, or families such as call., between commas')

/** `stream`: other bounds than the standard ones. */
export function logRoutes(stream?: StreamLimits): readonly ApiRoute[] {
  return [...READS, streamRoute(stream)]
}

const READS: readonly ApiRoute[] = [
  plainRoute({
    method: 'GET',
    path: '/events/query',
    summary: 'Events that answer to a question in the filter language; a page may have few or none and yet a next one',
    tag: 'Log',
    access: 'log:read',
    query: z.strictObject({ q: z.string().max(MAXIMUM_QUERY), limit, cursor }),
    response: pageOf(z.array(loggedEvent)).and(
      z.object({ partial: z.boolean().describe('so wide a question that only some were looked at: `next` goes on') }),
    ),
    handle: searchLog,
  }),
  plainRoute({
    method: 'GET',
    path: '/events/count',
    summary: 'How many events answer to a question: `type:call.* last 24h | count by type per 1h`',
    tag: 'Log',
    access: 'log:read',
    query: z.strictObject({ q: z.string().max(MAXIMUM_QUERY) }),
    response: LOG_VIEWS.eventsCount,
    handle: countLog,
  }),
  plainRoute({
    method: 'GET',
    path: '/calls',
    summary: 'Calls of the past, the newest first',
    tag: 'Calls',
    access: 'calls:read',
    query: z.strictObject({ limit, cursor }),
    response: pageOf(DIRECTORY_VIEWS.callsPast),
    handle: input =>
      back(
        input,
        (operations, count, before) =>
          operations.callsPast({ limit: count, ...(before === undefined ? {} : { before }) }),
        call => call.startedAt,
      ),
  }),
  operationRoute({
    method: 'GET',
    path: '/calls/{id}',
    operation: 'callShow',
    access: 'calls:read',
    tag: 'Calls',
    summary: 'One call',
  }),
  plainRoute({
    method: 'GET',
    path: '/events',
    summary: 'The log, the newest first',
    tag: 'Log',
    access: 'log:read',
    query: z.strictObject({ limit, cursor, types }),
    response: pageOf(z.array(loggedEvent)),
    handle(input) {
      const asked = input.query['types'] as never
      const wanted = asked === undefined ? {} : { types: asked }
      return back(
        input,
        async (operations, count, before) => {
          const found = await operations.events({
            ...wanted,
            limit: count,
            ...(before === undefined ? {} : { before }),
          })
          return found.ok ? { ok: true as const, value: found.value.toReversed() } : found
        },
        each => each.position,
      )
    },
  }),
]

function streamRoute(stream: StreamLimits | undefined): ApiRoute {
  return plainRoute({
    method: 'GET',
    path: '/events/stream',
    summary: 'What happens now, as server-sent events; Last-Event-ID goes on where it ended',
    tag: 'Log',
    access: 'log:read',
    query: z.strictObject({ types }),
    background: true,
    handle: createEventStream(stream),
  })
}

/** A page back in time, with one more asked for to know whether there is a next. */
async function back<T>(
  { operations, query }: RouteInput,
  read: (operations: Operations, limit: number, before: number | undefined) => Promise<OperationResult<readonly T[]>>,
  placeOf: (item: T) => number,
): Promise<ApiResult> {
  const given = query['cursor'] as string | undefined
  const before = given === undefined ? undefined : Number(readCursor(given) ?? Number.NaN)
  if (before !== undefined && !Number.isSafeInteger(before)) {
    return { ok: false, error: { code: 'API_INVALID', message: 'cursor: is not one of ours', field: 'cursor' } }
  }
  const count = Number(query['limit'])
  const result = await read(operations!, count + 1, before)
  if (!result.ok) return { ok: false, error: result.error }
  const page = result.value.slice(0, count)
  const following = result.value[count]
  // What has the same place as the first of the next page goes there: a cursor cannot stand between them.
  const apart = following === undefined ? page : page.filter(each => placeOf(each) !== placeOf(following))
  const items = apart.length === 0 ? page : apart
  const last = items.at(-1)
  const next = following !== undefined && last !== undefined ? writeCursor(String(placeOf(last))) : null
  return { ok: true, value: { items, next } }
}
