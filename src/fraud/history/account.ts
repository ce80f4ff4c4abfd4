/** What is remembered of one payer, or of one organisation. */
import { type Micros, ZERO } from '../rating/money.ts'
import type { FraudObservation, OutsideAttempt, Source } from '../types.ts'
import { NO_DRIFT, noteSpend } from './drift.ts'
import type { AccountHistory, Drift, MissedCall, PastCall, SeenNumber } from './types.ts'

export interface Bounds {
  readonly calls: number
  readonly seen: number
  readonly numbers: number
  readonly missed: number
}

export const PAYER_BOUNDS: Bounds = { calls: 256, seen: 128, numbers: 512, missed: 32 }
export const ORGANISATION_BOUNDS: Bounds = { calls: 2_048, seen: 1_024, numbers: 16_384, missed: 1_024 }
const MAXIMUM_REFUSALS = 64
const MAXIMUM_REGISTRATIONS = 32
const MAXIMUM_FORWARDS = 16
const MAXIMUM_LIVE = 2_000

/** As `PastCall`, while it may change. */
export type OpenCall = { -readonly [K in keyof PastCall]: PastCall[K] }

export class Account implements AccountHistory {
  readonly calls: OpenCall[] = []
  readonly live: OpenCall[] = []
  readonly refusals: { at: number; rule: string; dialled: string }[] = []
  readonly countries = new Map<string, Noted>()
  readonly networks = new Map<string, Noted>()
  readonly devices = new Map<string, Noted>()
  readonly places = new Map<string, Noted>()
  readonly callerIds = new Map<string, Noted>()
  readonly numbers = new Map<string, Noted>()
  readonly registrations: Extract<FraudObservation, { kind: 'registered' }>[] = []
  readonly forwards: Extract<FraudObservation, { kind: 'forward-set' }>[] = []
  readonly missed: MissedCall[] = []
  firstPlace: string | undefined
  drift: Drift = NO_DRIFT
  restoredAt: number | undefined
  readonly since: number
  readonly #bounds: Bounds

  constructor(since: number, bounds: Bounds) {
    this.since = since
    this.#bounds = bounds
  }

  attempted(call: OpenCall): void {
    // Newest last: what falls off the other end is cut off in one go.
    if (this.calls.push(call) >= 2 * this.#bounds.calls) this.calls.splice(0, this.calls.length - this.#bounds.calls)
  }

  allowed(call: OpenCall): void {
    newest(this.live, call, MAXIMUM_LIVE)
    const { attempt } = call
    const { at, e164, country, callerId, source } = attempt
    note(this.countries, country ?? '-', at, this.#bounds.seen)
    note(this.numbers, e164, at, this.#bounds.numbers).dialled ??= at
    if (callerId !== undefined) note(this.callerIds, callerId, at, this.#bounds.seen)
    if (source !== undefined) this.cameFrom(source, at)
  }

  cameFrom({ network, device, country, userAgent }: NonNullable<OutsideAttempt['source']>, at: number): void {
    if (network !== '') note(this.networks, network, at, this.#bounds.seen)
    const place = placeOf({ country, userAgent })
    this.firstPlace ??= place
    note(this.places, place, at, this.#bounds.seen)
    if (device !== '') note(this.devices, device, at, this.#bounds.seen)
  }

  ended(call: OpenCall, at: number, cost: Micros): void {
    const index = this.live.indexOf(call)
    if (index >= 0) this.live.splice(index, 1)
    if (cost > ZERO) this.drift = noteSpend(this.drift, at, cost)
  }

  refused(refusal: { at: number; rule: string; dialled: string }): void {
    newest(this.refusals, refusal, MAXIMUM_REFUSALS)
  }

  registered(observation: Extract<FraudObservation, { kind: 'registered' }>): void {
    const { device, country } = observation.source
    const before = this.registrations.findIndex(({ source }) => source.device === device && source.country === country)
    if (before >= 0) this.registrations.splice(before, 1)
    newest(this.registrations, observation, MAXIMUM_REGISTRATIONS)
    this.cameFrom(observation.source, observation.at)
  }

  forwardSet(observation: Extract<FraudObservation, { kind: 'forward-set' }>): void {
    newest(this.forwards, observation, MAXIMUM_FORWARDS)
  }

  cameIn({ at, from, answered, ringMs }: Extract<FraudObservation, { kind: 'incoming' }>): void {
    if (from === undefined) return
    if (answered) note(this.numbers, from, at, this.#bounds.numbers)
    else newest(this.missed, { at, from, ringMs }, this.#bounds.missed)
  }

  /** What was held against it is forgotten; whom it knows is not. */
  restored(at: number): void {
    this.restoredAt = at
    this.refusals.length = 0
    this.drift = NO_DRIFT
  }
}

/** As `places` has it. */
export function placeOf({ country, userAgent }: Pick<Source, 'country' | 'userAgent'>): string {
  return `${country ?? '-'} ${kindOfPhone(userAgent)}`
}

/** Without versions, and what stands behind them: a phone with new software is the same phone. */
function kindOfPhone(userAgent: string): string {
  return userAgent.slice(0, MAXIMUM_KIND).replace(/[\s/(,;-]*[a-z]{0,3}\d+[._]\d.*$/i, '')
}

const MAXIMUM_KIND = 64

function newest<T>(list: T[], item: T, bound: number): void {
  list.unshift(item)
  if (list.length > bound) list.length = bound
}

type Noted = { -readonly [K in keyof SeenNumber]: SeenNumber[K] }

/** How exactly the order of what was seen is kept: it says only what makes room first. */
const ORDER_MS = 3_600_000

/** The one that was seen longest ago makes room. */
function note(map: Map<string, Noted>, key: string, at: number, bound: number): Noted {
  const before = map.get(key)
  if (before !== undefined) {
    const isStale = at - before.last > ORDER_MS
    before.last = at
    before.count++
    if (!isStale) return before
    map.delete(key)
    map.set(key, before)
    return before
  }
  if (map.size >= bound) makeRoom(map, Math.max(1, bound >> 3))
  const noted: Noted = { first: at, last: at, count: 1, dialled: undefined }
  map.set(key, noted)
  return noted
}

/** Several at once: to find the first of a map walks over all that was deleted before it. */
function makeRoom(map: Map<string, Noted>, count: number): void {
  let left = count
  for (const key of map.keys()) {
    if (left-- <= 0) return
    map.delete(key)
  }
}
