/**
 * Sends the path of each call to an OpenTelemetry collector when it is over. No call waits for it: what finds no room while
 * the collector is away is dropped, and counted.
 */
import { BoundedMap, BoundedQueue } from '../../base/bounded.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import { randomHex } from '../../base/random.ts'
import type { Secret } from '../../base/secret.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import { pauseAfter } from '../back-off.ts'
import type { HttpPost } from '../senders/http-post.ts'
import type { FormatContext } from '../types.ts'
import { type Span, spansOf, traceIdOf } from './spans.ts'

export interface TraceExporterOptions {
  readonly http: HttpPost
  readonly context: FormatContext
  /** Value of `Authorization`. */
  readonly token: Secret | undefined
  readonly clock: Clock
  /** Share of the calls, 0 to 1. */
  readonly sample: number
  /** Told when it goes away and when it is back. */
  onState(away: { readonly detail: string; readonly waiting: number } | { readonly awayForMs: number }): void
  /** Calls that wait to be sent. Default 2,000. */
  readonly capacity?: number
}

export interface TraceExporter {
  /** For the bus. Never throws, never waits. */
  take(event: RingfenceEvent): void
  readonly counts: { readonly sent: number; readonly dropped: number; readonly waiting: number }
  /** Sends what waits, once. */
  stop(): Promise<void>
}

interface Pending {
  readonly events: RingfenceEvent[]
  timer: Timer | undefined
}

/** Calls that are up; beyond them the oldest is not traced. */
const MAXIMUM_CALLS = 20_000
const MAXIMUM_EVENTS = 300
/** What is told of a call after its end: what it cost, what a rule found. */
const LATE_MS = 2_000
const BATCH = 100
const ENDS: ReadonlySet<string> = new Set(['call.ended', 'call.refused'])
/** What is told of a call that is over begins none. */
const NEVER_FIRST: ReadonlySet<string> = new Set(['call.ended', 'call.reported', 'call.quality', 'fraud.charged'])

export function createTraceExporter(options: TraceExporterOptions): TraceExporter {
  const { http, clock, onState, sample } = options
  const calls = new BoundedMap<string, Pending>(MAXIMUM_CALLS)
  const queue = new BoundedQueue<readonly Span[]>(options.capacity ?? 2_000)
  const counts = { sent: 0, dropped: 0 }
  let batch: readonly (readonly Span[])[] = []
  let sending: Promise<void> | undefined
  let timer: Timer | undefined
  let failures = 0
  let awaySince: number | undefined
  let stopped = false

  function finish(callId: string): void {
    const call = calls.get(callId)
    calls.delete(callId)
    call?.timer?.cancel()
    const spans = call === undefined ? [] : spansOf(callId, call.events, () => randomHex(8))
    if (spans.length === 0) return
    if (!queue.push(spans)) counts.dropped++
    pump()
  }

  function pump(): void {
    if (sending !== undefined || timer !== undefined) return
    if (batch.length === 0) batch = nextBatch()
    if (batch.length === 0) return
    sending = send().finally(() => {
      sending = undefined
      if (!stopped) pump()
    })
  }

  function pause(): void {
    timer?.cancel()
    timer = undefined
  }

  function nextBatch(): readonly (readonly Span[])[] {
    const taken: (readonly Span[])[] = []
    for (let spans = queue.shift(); spans !== undefined; spans = queue.shift()) {
      taken.push(spans)
      if (taken.length === BATCH) break
    }
    return taken
  }

  async function send(): Promise<void> {
    const { token } = options
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: token.reveal() }),
    }
    const answer = await http.post(traceRequest(batch.flat(), options.context), headers)
    if (answer.ok || answer.error.kind !== 'later') {
      // What it will never take is not tried again.
      if (answer.ok) counts.sent += batch.length
      else counts.dropped += batch.length
      batch = []
      failures = 0
      if (awaySince !== undefined) onState({ awayForMs: Math.round(clock.monotonic() - awaySince) })
      awaySince = undefined
      return
    }
    const { detail } = answer.error
    failures++
    if (awaySince === undefined) {
      awaySince = clock.monotonic()
      onState({ detail, waiting: queue.size + batch.length })
    }
    timer = clock.schedule(pauseAfter(failures, answer.error.retryAfter), () => {
      timer = undefined
      pump()
    })
  }

  return {
    get counts() {
      return { ...counts, waiting: queue.size + batch.length }
    },
    take(event) {
      if (stopped || !('callId' in event.data)) return
      const { callId } = event.data
      if (callId === undefined || !isSampled(callId, sample)) return
      let call = calls.get(callId)
      if (call === undefined) {
        if (NEVER_FIRST.has(event.type)) return
        call = { events: [], timer: undefined }
        calls.set(callId, call)
      }
      if (call.events.length < MAXIMUM_EVENTS || ENDS.has(event.type)) call.events.push(event)
      if (ENDS.has(event.type)) call.timer ??= clock.schedule(LATE_MS, () => finish(callId))
    },
    async stop() {
      for (const [callId, { timer: late }] of calls.entries()) if (late !== undefined) finish(callId)
      stopped = true
      pause()
      await sending
      if (batch.length === 0 && awaySince === undefined) batch = nextBatch()
      if (batch.length > 0 && awaySince === undefined) await send()
      pause()
      http.close()
    },
  }
}

/** By the call alone: every node, and every other one who samples by trace, decides the same. */
function isSampled(callId: string, share: number): boolean {
  return Number.parseInt(traceIdOf(callId).slice(-8), 16) < share * 0x1_0000_0000
}

export function traceRequest(spans: readonly Span[], { host, version }: FormatContext): string {
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } })
  const attributes = [
    attribute('service.name', 'ringfence'),
    attribute('service.version', version),
    attribute('host.name', host),
  ]
  const scope = { name: 'ringfence', version }
  return JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope, spans }] }] })
}
