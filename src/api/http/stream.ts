/** Server-sent events (HTML standard §9.2): each with its place in the log as id, so that a lost connection goes on without a gap. */
import type { ApiResult, RouteInput } from './route.ts'

const HEARTBEAT_MS = 15_000
/** A stream ends by then, and its reader comes again: with its session looked at anew. */
const LONGEST_MS = 300_000
const MAXIMUM_STREAMS = 500
/** Octets that a slow reader may be behind. */
const MAXIMUM_BEHIND = 1_048_576
const BATCH = 200

let open = 0

export async function streamEvents({ operations, query, request, reply }: RouteInput): Promise<ApiResult> {
  if (open >= MAXIMUM_STREAMS) {
    return { ok: false, error: { code: 'API_RATE_LIMITED', message: 'too many streams are open', retryAfter: 30 } }
  }
  const asked = query['types']
  const types = asked === undefined ? {} : { types: asked as never }
  const start = await firstPosition(request.headers['last-event-id'], operations!)
  if (start === undefined) {
    return {
      ok: false,
      error: { code: 'API_INVALID', message: 'Last-Event-ID: is no place in the log', field: 'Last-Event-ID' },
    }
  }
  const { raw } = reply
  const headers = reply.getHeaders() as Record<string, string>
  reply.hijack()
  raw.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  raw.write(`retry: 2000\n: the log from ${start} on\n\n`)
  open++
  const until = performance.now() + LONGEST_MS
  let after = start
  try {
    while (!raw.destroyed && performance.now() < until) {
      const found = await operations!.eventsFollow({ after, ...types, waitMs: HEARTBEAT_MS })
      if (!found.ok || raw.destroyed) break
      for (const { position, event } of found.value.slice(0, BATCH)) {
        after = position
        raw.write(`id: ${position}\nevent: ${event.type}\ndata: ${JSON.stringify({ position, event })}\n\n`)
      }
      if (found.value.length === 0) raw.write(': still here\n\n')
      if (raw.writableLength > MAXIMUM_BEHIND) break
    }
  } finally {
    open--
    raw.end()
  }
  return { ok: true, value: undefined }
}

/** After the newest, where none is named. */
async function firstPosition(
  last: unknown,
  operations: NonNullable<RouteInput['operations']>,
): Promise<number | undefined> {
  if (last === undefined) {
    const newest = await operations.events({ limit: 1 })
    return newest.ok ? (newest.value.at(-1)?.position ?? 0) : 0
  }
  const position = Number(last)
  return Number.isSafeInteger(position) && position >= 0 ? position : undefined
}
