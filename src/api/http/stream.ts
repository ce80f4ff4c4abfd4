/**
 * Server-sent events (HTML standard §9.2): each with its place in the log as id, so that a lost connection goes on without a
 * gap. Events are read from the log as fast as the reader takes them: nothing piles up here, and who takes none is cut.
 */
import type { ServerResponse } from 'node:http'
import { BoundedMap } from '../../base/bounded.ts'
import type { LoggedEvent } from '../../events/event-log.ts'
import type { Operations } from '../operations.ts'
import type { ApiResult, RouteInput } from './route.ts'

export interface StreamLimits {
  /** A sign of life at least so often, and another look at whether the reader may still read. */
  readonly turnMs: number
  /** A stream ends by then, and its reader comes again. */
  readonly longestMs: number
  /** How long a reader may take nothing. */
  readonly stalledMs: number
  readonly streams: number
  /** Of one session or key. */
  readonly streamsOfOne: number
}

const STANDARD: StreamLimits = { turnMs: 5_000, longestMs: 600_000, stalledMs: 10_000, streams: 500, streamsOfOne: 5 }
const RETRY_MS = 2_000

export function createEventStream(limits: StreamLimits = STANDARD): (input: RouteInput) => Promise<ApiResult> {
  const open = createCount(limits)
  return async input => {
    const { operations, request, reply, caller } = input
    const who = caller?.limitedBy ?? ''
    if (open.isFull(who)) {
      const { streams, streamsOfOne } = limits
      const message = `at most ${streamsOfOne} streams of one session or key, and ${streams} of all, are open at once`
      return { ok: false, error: { code: 'API_RATE_LIMITED', message, retryAfter: 30 } }
    }
    const field = 'Last-Event-ID'
    const asked = request.headers['last-event-id']
    if (asked !== undefined && !/^\d{1,15}$/.test(String(asked))) {
      return { ok: false, error: { code: 'API_INVALID', message: `${field}: is no place in the log`, field } }
    }
    open.add(who)
    try {
      const start = asked === undefined ? await newest(operations!) : Number(asked)
      if (typeof start !== 'number') return start
      const headers = reply.getHeaders() as Record<string, string>
      reply.hijack()
      reply.raw.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
      await run(input, start, limits)
      reply.raw.end()
    } finally {
      open.remove(who)
    }
    return { ok: true, value: undefined }
  }
}

async function run({ operations, query, reply, isStillAllowed }: RouteInput, start: number, limits: StreamLimits) {
  const { raw } = reply
  const types = query['types'] === undefined ? {} : { types: query['types'] as never }
  const closed = new Promise<undefined>(resolve => raw.once('close', () => resolve(undefined)))
  const until = performance.now() + limits.longestMs
  const tell = (text: string): Promise<boolean> => written(raw, text, closed, limits.stalledMs)
  let after = start
  await tell(`retry: ${RETRY_MS}\n: the log after ${start}\n\n`)
  while (!raw.destroyed && performance.now() < until && (await isStillAllowed())) {
    const found = await Promise.race([operations!.eventsFollow({ after, waitMs: limits.turnMs, ...types }), closed])
    if (found === undefined || !found.ok) return
    if (found.value.length === 0 && !(await tell(': still here\n\n'))) return
    for (const each of found.value) {
      if (!(await tell(textOf(each)))) return
      after = each.position
    }
  }
}

/** Data of an event are JSON, which has no line ends of its own. */
function textOf({ position, event }: LoggedEvent): string {
  return `id: ${position}\nevent: ${event.type}\ndata: ${JSON.stringify({ position, event })}\n\n`
}

/** False: the reader is gone, or takes nothing. */
async function written(
  raw: ServerResponse,
  text: string,
  closed: Promise<undefined>,
  stalledMs: number,
): Promise<boolean> {
  if (raw.destroyed) return false
  if (raw.write(text)) return true
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => {
    raw.destroy()
    resolve(false)
  }, stalledMs)
  raw.once('drain', () => resolve(true))
  const goesOn = await Promise.race([promise, closed.then(() => false)])
  clearTimeout(timer)
  return goesOn
}

/** After the newest, where none is named. */
async function newest(operations: Operations): Promise<number | ApiResult> {
  const found = await operations.events({ limit: 1 })
  return found.ok ? (found.value.at(-1)?.position ?? 0) : { ok: false, error: found.error }
}

function createCount({ streams, streamsOfOne }: StreamLimits) {
  const ofOne = new BoundedMap<string, number>(streams + 1)
  let all = 0
  const change = (who: string, by: 1 | -1): void => {
    all += by
    const open = (ofOne.get(who) ?? 0) + by
    if (open > 0) ofOne.set(who, open)
    else ofOne.delete(who)
  }
  return {
    isFull: (who: string): boolean => all >= streams || (ofOne.get(who) ?? 0) >= streamsOfOne,
    add: (who: string): void => change(who, 1),
    remove: (who: string): void => change(who, -1),
  }
}
