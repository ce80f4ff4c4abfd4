/**
 * In front of a store whose every answer takes a commit: a little of each counter in use is charged in advance, and what fits it is
 * granted at once. A crash costs what was charged in advance and no more: it stays charged, and nothing spent is forgotten.
 */
import { BoundedMap } from '../../base/bounded.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import { type Micros, microsOf } from '../rating/money.ts'
import { createLease, fillingOf, type Lease, noteUse, targetOf, usualChunk } from './lease.ts'
import { textOfKey } from './memory-store.ts'
import type { BudgetClaim, BudgetKey, BudgetShort, BudgetStore } from './types.ts'

export interface LeasesOptions {
  readonly store: BudgetStore
  readonly clock: Clock
  /** False: nothing is granted, though there be headroom. Default: what the last answer of the store said. */
  available?(): boolean
  /** What was charged in advance and could not be given back stays charged. */
  onStoreError(error: unknown): void
  /** Milliseconds without use after which headroom goes back. Default 30 s. */
  readonly idleMs?: number | undefined
  /** Counters at most. Default 50,000. */
  readonly capacity?: number | undefined
}

export interface Leases extends BudgetStore {
  /**
   * Charges some of each counter in advance that may be needed soon, so that the first call waits for nothing either, and keeps it for
   * two minutes though nobody uses it. A counter past half of its cap is left alone: another node might need what is left.
   */
  prepare(caps: readonly { readonly key: BudgetKey; readonly cap: Micros }[]): Promise<void>
  /** Gives everything back that was charged in advance; from then on all is exact. */
  stop(): Promise<void>
}

type Outcome = { readonly granted: true } | BudgetShort
type Entry = readonly BudgetClaim[]

const GRANTED: Outcome = { granted: true }
const KEPT_MS = 120_000
const SWEEP_MS = 5_000
const EXACT_MS = 5_000
const MAXIMUM_BATCH = 250
/** An entry with this cap is counted whatever it costs, and says nothing of caps. */
const NO_CAP = Number.MAX_SAFE_INTEGER

interface Asked {
  readonly entry: Entry
  readonly answer: PromiseWithResolvers<Outcome>
  /** Taken from our own headroom, by claim. */
  own: number[]
}

export function createLeases(options: LeasesOptions): Leases {
  return new LeaseBook(options)
}

class LeaseBook implements Leases {
  readonly #options: LeasesOptions
  readonly #leases: BoundedMap<string, Lease>
  /** What does not fit the headroom, in order. */
  #waiting: Asked[] = []
  /** Refused while others of their batch held headroom that they would have fitted: asked again, each by itself. */
  #alone: Asked[] = []
  #toFill = new Set<Lease>()
  #asking: Promise<void> | undefined
  #sweeper: Timer | undefined
  #gone = false
  #stopped = false
  readonly #returning = new Set<Promise<void>>()

  constructor(options: LeasesOptions) {
    this.#options = options
    this.#leases = new BoundedMap(options.capacity ?? 50_000, (_, lease) => this.#giveUp(lease))
  }

  charge(entries: readonly Entry[]): Promise<readonly Outcome[]> {
    const isQuick = entries.length === 1 && this.#takeAtOnce(entries[0]!)
    if (isQuick) return Promise.resolve([GRANTED])
    return Promise.all(
      entries.map(entry => {
        const answer = Promise.withResolvers<Outcome>()
        this.#waiting.push({ entry, answer, own: [] })
        this.#wake()
        return answer.promise
      }),
    )
  }

  refund(entries: readonly { readonly key: BudgetKey; readonly amount: Micros }[]): Promise<void> {
    const now = this.#options.clock.monotonic()
    const back: { readonly key: BudgetKey; readonly amount: Micros }[] = []
    for (const { key, amount } of entries) {
      const lease = this.#leases.get(textOfKey(key))
      const room = lease === undefined || this.#stopped ? 0 : Math.max(0, targetOf(lease, now) - lease.headroom)
      const kept = Math.min(room, amount)
      if (lease !== undefined) lease.headroom += kept
      if (kept < amount) back.push({ key, amount: microsOf(amount - kept) })
    }
    return back.length === 0 ? Promise.resolve() : this.#options.store.refund(back)
  }

  /** Without what this node holds in advance; rather too much than too little. */
  async charged(keys: readonly BudgetKey[]): Promise<readonly Micros[]> {
    const held = (): number[] => keys.map(key => this.#leases.get(textOfKey(key))?.headroom ?? 0)
    const before = held()
    const charged = await this.#options.store.charged(keys)
    const after = held()
    return charged.map((each, index) => microsOf(Math.max(0, each - Math.min(before[index]!, after[index]!))))
  }

  async prepare(caps: readonly { readonly key: BudgetKey; readonly cap: Micros }[]): Promise<void> {
    const charged = await this.#options.store.charged(caps.map(each => each.key))
    if (this.#stopped) return
    const now = this.#options.clock.monotonic()
    for (const [index, { key, cap }] of caps.entries()) {
      if (charged[index]! * 2 > cap) continue
      const lease = this.#leases.get(textOfKey(key)) ?? this.#add({ key, cap, amount: usualChunk(cap) })
      lease.usedAt = now + KEPT_MS
      this.#fillSoon(lease)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#sweeper?.cancel()
    while (this.#asking !== undefined) await this.#asking
    for (const lease of this.#leases.values()) this.#giveUp(lease)
    this.#leases.clear()
    await Promise.all(this.#returning)
  }

  #takeAtOnce(entry: Entry): boolean {
    if (this.#stopped || this.#gone || this.#options.available?.() === false) return false
    const found: Lease[] = []
    for (const { key, amount, cap } of entry) {
      const lease = this.#leases.get(textOfKey(key))
      if (lease === undefined || lease.headroom < amount || cap < lease.cap) {
        for (const [index, taken] of found.entries()) taken.headroom += entry[index]!.amount
        return false
      }
      lease.headroom -= amount
      found.push(lease)
    }
    for (const [index, lease] of found.entries()) this.#used(lease, entry[index]!)
    return true
  }

  #used(lease: Lease, claim: BudgetClaim): void {
    if (claim.cap < NO_CAP) noteUse(lease, claim, this.#options.clock.monotonic())
    this.#fillSoon(lease)
  }

  #add(claim: Parameters<typeof createLease>[0]): Lease {
    const { clock } = this.#options
    const lease = createLease(claim, clock.monotonic())
    this.#leases.set(textOfKey(claim.key), lease)
    this.#sweeper ??= clock.schedule(SWEEP_MS, () => this.#sweep())
    return lease
  }

  #fillSoon(lease: Lease): void {
    if (lease.filling || this.#stopped || fillingOf(lease, this.#options.clock.monotonic()) === undefined) return
    lease.filling = true
    this.#toFill.add(lease)
    this.#wake()
  }

  #wake(): void {
    if (this.#asking !== undefined) return
    // What else comes in this turn goes along.
    this.#asking = Promise.resolve()
      .then(() => this.#askAll())
      .finally(() => {
        this.#asking = undefined
        if (this.#hasWork()) this.#wake()
      })
  }

  #hasWork(): boolean {
    return this.#waiting.length > 0 || this.#alone.length > 0 || this.#toFill.size > 0
  }

  /** One batch at a time: nothing of ours is on its way while an entry is refused for good. */
  async #askAll(): Promise<void> {
    while (this.#hasWork()) {
      const alone = this.#alone.shift()
      if (alone !== undefined) await this.#ask([alone], [], true)
      else await this.#ask(this.#waiting.splice(0, MAXIMUM_BATCH), this.#takeFillings(), false)
    }
  }

  #takeFillings(): Lease[] {
    const some = [...this.#toFill].slice(0, MAXIMUM_BATCH)
    for (const lease of some) this.#toFill.delete(lease)
    return some
  }

  async #ask(asked: readonly Asked[], leases: readonly Lease[], isLast: boolean): Promise<void> {
    const { clock, store, onStoreError } = this.#options
    const entries = asked.map(each => this.#exactly(each))
    const filled: { readonly lease: Lease; readonly claim: BudgetClaim }[] = []
    const fill = (lease: Lease): void => {
      const claim = this.#stopped ? undefined : fillingOf(lease, clock.monotonic())
      if (claim === undefined) lease.filling = false
      else filled.push({ lease, claim })
    }
    for (const lease of leases) fill(lease)
    if (entries.length + filled.length === 0) return
    try {
      const outcomes = await store.charge([...entries, ...filled.map(each => [each.claim])])
      this.#gone = false
      const filledOutcomes = outcomes.slice(entries.length)
      for (const [index, { lease, claim }] of filled.entries()) this.#filled(lease, claim, filledOutcomes[index]!)
      const refused = asked.filter((each, index) => !this.#answered(each, outcomes[index]!))
      // First all that was held is back, then it shows who would fit.
      for (const each of refused) this.#putBack(each)
      for (const each of refused) this.#refuse(each, outcomes[asked.indexOf(each)] as BudgetShort, isLast)
    } catch (error) {
      this.#gone = true
      for (const { lease } of filled) lease.filling = false
      for (const each of asked) {
        this.#putBack(each)
        each.answer.reject(error)
      }
      if (asked.length === 0) onStoreError(error)
    }
  }

  /** What is charged beyond our own headroom: so that never stands in the way. */
  #exactly(asked: Asked): Entry {
    asked.own = []
    return asked.entry.map(claim => {
      const lease = this.#leases.get(textOfKey(claim.key))
      const own = Math.min(lease?.headroom ?? 0, claim.amount)
      if (lease !== undefined) lease.headroom -= own
      asked.own.push(own)
      return own === 0 ? claim : { ...claim, amount: microsOf(claim.amount - own) }
    })
  }

  #answered({ entry, answer }: Asked, outcome: Outcome): boolean {
    if (!outcome.granted) return false
    for (const claim of entry) {
      let lease = this.#leases.touch(textOfKey(claim.key))
      if (lease === undefined && claim.cap < NO_CAP && !this.#stopped) lease = this.#add(claim)
      if (lease !== undefined) this.#used(lease, claim)
    }
    answer.resolve(GRANTED)
    return true
  }

  #putBack({ entry, own }: Asked): void {
    for (const [index, { key }] of entry.entries()) {
      const amount = own[index] ?? 0
      if (amount === 0) continue
      const lease = this.#leases.get(textOfKey(key))
      if (lease === undefined) this.#return(key, amount)
      else lease.headroom += amount
    }
  }

  #refuse(asked: Asked, { key, left }: BudgetShort, isLast: boolean): void {
    const text = textOfKey(key)
    const index = asked.entry.findIndex(claim => textOfKey(claim.key) === text)
    const lease = this.#leases.get(text)
    const held = lease?.headroom ?? 0
    if (lease !== undefined) lease.exactUntil = this.#options.clock.monotonic() + EXACT_MS
    if (!isLast && held > (asked.own[index] ?? 0)) this.#alone.push(asked)
    else asked.answer.resolve({ granted: false, key, left: microsOf(left + held) })
  }

  #filled(lease: Lease, { amount }: BudgetClaim, outcome: Outcome): void {
    lease.filling = false
    if (!outcome.granted) lease.exactUntil = this.#options.clock.monotonic() + EXACT_MS
    else if (this.#leases.get(textOfKey(lease.key)) === lease) lease.headroom += amount
    else this.#return(lease.key, amount)
  }

  #sweep(): void {
    this.#sweeper = undefined
    const { clock, idleMs = 30_000 } = this.#options
    const now = clock.monotonic()
    for (const [text, lease] of this.#leases.entries()) {
      if (now - lease.usedAt < idleMs || lease.filling) continue
      this.#leases.delete(text)
      this.#giveUp(lease)
    }
    if (this.#leases.size > 0) this.#sweeper = clock.schedule(SWEEP_MS, () => this.#sweep())
  }

  #giveUp(lease: Lease): void {
    const amount = lease.headroom
    lease.headroom = 0
    this.#return(lease.key, amount)
  }

  #return(key: BudgetKey, amount: number): void {
    if (amount === 0) return
    const returned: Promise<void> = this.#options.store
      .refund([{ key, amount: microsOf(amount) }])
      .catch(this.#options.onStoreError)
      .finally(() => this.#returning.delete(returned))
    this.#returning.add(returned)
  }
}
