/** One event as all formats read it: bounded, masked, with what events have in common. Pure. */
import { isIP } from '../base/network.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { type CommonFields, commonFields } from '../events/common-fields.ts'
import type { LoggedEvent } from '../events/event-log.ts'
import { boundedData, type ChangeText, type JsonObject } from './bounded-data.ts'
import { EVENT_CLASS, type EventClass } from './event-classes.ts'
import { cut } from './text.ts'

export interface EventFacts {
  readonly position: number
  readonly id: string
  readonly type: RingfenceEvent['type']
  readonly at: number
  readonly severity: RingfenceEvent['severity']
  readonly organisationId: string | undefined
  readonly data: JsonObject
  readonly common: CommonFields
  /** Of `common.source`, where that is an address: a masked one is none. */
  readonly address: string | undefined
  readonly port: number | undefined
  readonly class: EventClass
  /** One line in words. */
  readonly message: string
}

const UNKNOWN: EventClass = { of: 'api', activity: 99, title: 'An event' }

/** `largest`: octets of its data. */
export function eventFacts({ position, event }: LoggedEvent, mask?: ChangeText, largest?: number): EventFacts {
  const data = boundedData(event.data, mask, largest)
  // Of the whole event: whoever fills one field with rubbish does not push out who did it, and from where.
  const whole = largest === undefined ? data : boundedData(event.data, mask)
  const common = shortened(commonFields({ type: event.type, data: whole } as unknown as RingfenceEvent), largest)
  const source = whole['source']
  const port = typeof source === 'object' && source !== null && 'port' in source ? source['port'] : undefined
  // An event that a newer release wrote, on a shared database.
  const known = titled(Object.hasOwn(EVENT_CLASS, event.type) ? EVENT_CLASS[event.type] : UNKNOWN, event.type, data)
  return {
    position,
    id: event.id,
    type: event.type,
    at: event.at,
    severity: event.severity,
    organisationId: event.organisationId ?? undefined,
    data,
    common,
    address: common.source !== undefined && isIP(common.source) !== 0 ? common.source : undefined,
    port: typeof port === 'number' ? port : undefined,
    class: known,
    message: messageOf(known.title, common),
  }
}

/** Room for an address or an id is always there. */
const SHORTEST = 48

function shortened(common: CommonFields, largest: number | undefined): CommonFields {
  if (largest === undefined) return common
  const longest = Math.max(SHORTEST, Math.floor(largest / 4))
  const entries = Object.entries(common).map(([name, value]) => [
    name,
    value === undefined ? value : cut(value, longest),
  ])
  return Object.fromEntries(entries) as unknown as CommonFields
}

/** What a detection found is what its rule says. */
function titled(known: EventClass, type: string, { title }: JsonObject): EventClass {
  return type === 'detection.found' && typeof title === 'string' ? { ...known, title } : known
}

const NAMED = ['actor', 'extension', 'target', 'source', 'rule', 'reason'] as const

function messageOf(title: string, common: CommonFields): string {
  const parts = NAMED.flatMap(name => {
    const value = common[name]
    return value === undefined ? [] : [`${name} ${cut(value, 256)}`]
  })
  return parts.length === 0 ? title : `${title}: ${parts.join(', ')}`
}

/** The event as the log has it, masked and bounded: what all JSON forms carry. */
export function plainEvent(facts: EventFacts): JsonObject {
  const { position, id, type, at, severity, organisationId, data } = facts
  return {
    position,
    id,
    type,
    at: new Date(at).toISOString(),
    severity,
    ...(organisationId === undefined ? {} : { organisationId }),
    data,
  }
}
