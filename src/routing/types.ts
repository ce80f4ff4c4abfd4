/** What a number that somebody dialled means. Pure: no clock, no network. */
import type { Extension } from '../directory/types.ts'
import type { CallTarget, OwnedNumber, RingGroup } from '../directory/number.ts'
import type { Trunk } from '../directory/trunk.ts'

/** Classes of destinations, in each country (product policy): the last two are closed by default. */
export type DestinationClass = 'ordinary' | 'special-service' | 'fraud-prone'

export type RouteRule =
  /** Nothing here has this number, and it is no outside number. */
  | 'ROUTE_UNKNOWN'
  /** An outside number that resolves to no country or is no valid number. */
  | 'ROUTE_INVALID_NUMBER'
  /** More than one reading: padding, nested prefixes. */
  | 'ROUTE_AMBIGUOUS_NUMBER'
  /** A country that the organisation has not opened. */
  | 'ROUTE_COUNTRY_CLOSED'
  /** A class of numbers (special service, fraud-prone) that the organisation has not opened. */
  | 'ROUTE_CLASS_CLOSED'
  /** Characters that no number has. */
  | 'ROUTE_MALFORMED'

export interface ExternalNumber {
  readonly e164: string
  /** ISO 3166-1 alpha-2; undefined for numbers of no country (satellite, international networks), which are `fraud-prone`. */
  readonly country: string | undefined
  readonly class: DestinationClass
}

/** Codes that phones dial for functions; `argument` is what follows. */
export type Feature = 'park' | 'retrieve' | 'pick-up'

export type Route =
  /** Recognised before anything else. `number` as the country writes it; `test`: the country's number for test calls. */
  | { readonly kind: 'emergency'; readonly number: string; readonly test: boolean }
  | { readonly kind: 'extension'; readonly extension: Extension }
  | { readonly kind: 'group'; readonly group: RingGroup }
  /** A number of our own, dialled from inside: stays inside. */
  | { readonly kind: 'owned'; readonly number: OwnedNumber }
  | { readonly kind: 'feature'; readonly feature: Feature; readonly argument: string }
  | ({ readonly kind: 'external' } & ExternalNumber)
  | { readonly kind: 'denied'; readonly rule: RouteRule; readonly reason: string; readonly external?: ExternalNumber }

/** Where an incoming call to one of our numbers goes now. */
export interface InboundRoute {
  readonly number: OwnedNumber
  readonly target: CallTarget
  readonly officeOpen: boolean
}

/** The caller id of an outgoing call: E.164 that the organisation owns, or undefined where it has none. */
export interface CallerIdChoice {
  readonly e164: string | undefined
  readonly withheld: boolean
  readonly reason: 'own' | 'default' | 'first-owned' | 'none'
}

export interface TrunkCandidate {
  readonly trunk: Trunk
  readonly healthy: boolean
}
