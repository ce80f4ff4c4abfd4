/** The path of one call as OpenTelemetry spans, from its events (OTLP/HTTP JSON). No number, name or address is in it. Pure. */
import type { EventLeg, EventQuality } from '../../events/call-events.ts'
import type { EventOf, EventType, RingfenceEvent } from '../../events/catalogue.ts'

export interface Span {
  /** The id of the call, 32 hexadecimal digits: whoever has one has the other. */
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: 1 | 2
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly events: readonly SpanEvent[]
  /** 1: ok, 2: error. */
  readonly status: { readonly code: 0 | 1 | 2; readonly message?: string }
}

interface SpanEvent {
  readonly timeUnixNano: string
  readonly name: string
  readonly attributes: readonly Attribute[]
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue: string } | { readonly intValue: string } | { readonly doubleValue: number }
}

const INTERNAL = 1
const SERVER = 2
const MAXIMUM_EVENTS = 128
const LONGEST = 200

/** Hexadecimal digits of a call's id. */
export function traceIdOf(callId: string): string {
  return callId.replaceAll('-', '').toLowerCase()
}

/** `events` of one call in their order; `newSpanId`: 16 hexadecimal digits. Empty: the call's end is not among them. */
export function spansOf(callId: string, events: readonly RingfenceEvent[], newSpanId: () => string): readonly Span[] {
  const traceId = traceIdOf(callId)
  const end = of(events, 'call.ended') ?? of(events, 'call.refused')
  const start = of(events, 'call.started') ?? end
  if (end === undefined || start === undefined || !/^[0-9a-f]{32}$/.test(traceId)) return []
  const last = Math.max(end.at, start.at)
  const rootId = newSpanId()
  const span = (name: string, from: number, to: number, attributes: readonly Attribute[]): Span => ({
    traceId,
    spanId: newSpanId(),
    parentSpanId: rootId,
    name,
    kind: INTERNAL,
    startTimeUnixNano: nanoseconds(from),
    endTimeUnixNano: nanoseconds(Math.max(from, to)),
    attributes,
    events: [],
    status: { code: 0 },
  })
  const ringing = of(events, 'call.ringing')
  const answered = of(events, 'call.answered')
  const root: Span = {
    traceId,
    spanId: rootId,
    name: 'call',
    kind: SERVER,
    startTimeUnixNano: nanoseconds(start.at),
    endTimeUnixNano: nanoseconds(last),
    attributes: rootAttributes(callId, events, end),
    events: events
      .filter(each => !PARTS.has(each.type))
      .slice(0, MAXIMUM_EVENTS)
      .map(spanEvent),
    status: statusOf(end),
  }
  return [
    root,
    span('call setup', start.at, answered?.at ?? last, []),
    ...(ringing === undefined
      ? []
      : [span('ringing', ringing.at, answered?.at ?? last, [int('ringfence.devices', ringing.data.devices)])]),
    ...(answered === undefined ? [] : [span('talk', answered.at, last, talkAttributes(end))]),
    ...holds(events, last).map(([from, to]) => span('hold', from, to, [])),
  ]
}

/** What is a span of its own, or told by one. */
const PARTS: ReadonlySet<EventType> = new Set([
  'call.started',
  'call.ringing',
  'call.answered',
  'call.held',
  'call.ended',
  'call.quality',
])

function of<T extends EventType>(events: readonly RingfenceEvent[], type: T): EventOf<T> | undefined {
  return events.find(each => each.type === type) as EventOf<T> | undefined
}

function rootAttributes(
  callId: string,
  events: readonly RingfenceEvent[],
  end: EventOf<'call.ended'> | EventOf<'call.refused'>,
): readonly Attribute[] {
  const { organisationId } = end
  const answered = of(events, 'call.answered')
  const started = of(events, 'call.started')
  const caller = end.type === 'call.ended' ? end.data.caller : started?.data.caller
  const callee = end.type === 'call.ended' ? end.data.callee : answered?.data.callee
  return [
    text('ringfence.call.id', callId),
    ...(organisationId === undefined ? [] : [text('ringfence.organisation.id', organisationId)]),
    int('ringfence.sip.status_code', end.data.sipCode),
    text('ringfence.outcome', answered !== undefined ? 'answered' : end.type === 'call.refused' ? 'refused' : 'ended'),
    ...(end.type === 'call.refused'
      ? [text('ringfence.rule', end.data.rule)]
      : [text('ringfence.cause', end.data.cause), text('ringfence.ended_by', end.data.side)]),
    ...(answered === undefined ? [] : [int('ringfence.setup_ms', answered.data.setupMs)]),
    ...legAttributes('caller', caller),
    ...legAttributes('callee', callee),
  ]
}

function legAttributes(side: string, leg: EventLeg | undefined): readonly Attribute[] {
  if (leg === undefined) return []
  const named = { signalling: leg.signalling, tls: leg.tls, media: leg.media ?? 'none', codec: leg.codec }
  return Object.entries(named).flatMap(([name, value]) =>
    value === undefined ? [] : [text(`ringfence.${side}.${name}`, value)],
  )
}

function talkAttributes(end: EventOf<'call.ended'> | EventOf<'call.refused'>): readonly Attribute[] {
  if (end.type !== 'call.ended') return []
  return [
    ...qualityAttributes('caller', end.data.callerQuality),
    ...qualityAttributes('callee', end.data.calleeQuality),
  ]
}

function qualityAttributes(side: string, quality: EventQuality | undefined): readonly Attribute[] {
  if (quality === undefined) return []
  const { packets, lost, jitterMs, roundTripMs, mos } = quality
  return [
    int(`ringfence.${side}.packets`, packets),
    int(`ringfence.${side}.packets_lost`, lost),
    double(`ringfence.${side}.jitter_ms`, jitterMs),
    ...(roundTripMs === undefined ? [] : [double(`ringfence.${side}.round_trip_ms`, roundTripMs)]),
    ...(mos === undefined ? [] : [double(`ringfence.${side}.mos`, mos)]),
  ]
}

function statusOf(end: EventOf<'call.ended'> | EventOf<'call.refused'>): Span['status'] {
  if (end.type === 'call.refused') return { code: 2, message: cut(`${end.data.sipCode} ${end.data.rule}`) }
  const { sipCode, cause } = end.data
  // A busy or a silent phone is no fault of anybody.
  return sipCode >= 500 ? { code: 2, message: cut(`${sipCode} ${cause}`) } : { code: 1 }
}

/** Rules, codes and words of ours; whatever else an event has may name somebody. */
const TOLD = [
  'rule',
  'sipCode',
  'outcome',
  'attestation',
  'condition',
  'attended',
  'refused',
  'response',
  'cost',
  'currency',
]

function spanEvent({ type, at, severity, data }: RingfenceEvent): SpanEvent {
  const held = data as unknown as Readonly<Record<string, unknown>>
  const told = TOLD.flatMap(name => {
    const value = held[name]
    return ['string', 'number', 'boolean'].includes(typeof value) ? [text(`ringfence.${name}`, cut(String(value)))] : []
  })
  return { timeUnixNano: nanoseconds(at), name: type, attributes: [text('ringfence.severity', severity), ...told] }
}

/** One side after the other, or both: silent while at least one holds. */
function holds(events: readonly RingfenceEvent[], last: number): readonly (readonly [from: number, to: number])[] {
  const holding = new Set<string>()
  const found: [number, number][] = []
  let since = 0
  for (const each of events) {
    if (each.type !== 'call.held') continue
    const before = holding.size
    if (each.data.held) holding.add(each.data.by)
    else holding.delete(each.data.by)
    if (before === 0 && holding.size > 0) since = each.at
    if (before > 0 && holding.size === 0) found.push([since, each.at])
  }
  return holding.size > 0 ? [...found, [since, last]] : found
}

function nanoseconds(at: number): string {
  return `${Math.round(at)}000000`
}

function cut(value: string): string {
  return value.slice(0, LONGEST)
}

const text = (key: string, value: string): Attribute => ({ key, value: { stringValue: value } })
const int = (key: string, value: number): Attribute => ({ key, value: { intValue: String(Math.round(value)) } })
const double = (key: string, value: number): Attribute => ({ key, value: { doubleValue: value } })
