/** Reservation before spending: each call pays its next increments to every counter that covers it, before it has them. */
import { BoundedMap } from '../../base/bounded.ts'
import type { Clock } from '../../base/clock.ts'
import type { OrganisationId } from '../../base/ids.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import type { FraudPolicy } from '../policy.ts'
import { addMicros, type Micros, microsOf, subtractMicros, ZERO } from '../rating/money.ts'
import { costOf } from '../rating/price.ts'
import {
  callCapReached,
  capReached,
  capsOf,
  type CoveringCap,
  NOT_RESERVED,
  organisationCaps,
  payerCap,
  STORE_GONE,
  tooLong,
} from './caps.ts'
import { affordable, type Chunk, leastChunk, nextChunk, paidMsOf } from './chunk.ts'
import type { BudgetClaim, BudgetKey, BudgetRefusal, BudgetRequest, Budgets, BudgetStore, Reserved } from './types.ts'

export interface BudgetsOptions {
  readonly store: BudgetStore
  /** Stands in the names of reservations. */
  readonly nodeId: string
  /** Live: calls are measured by it, whatever the wall clock does meanwhile. Without: by the times that are handed in. */
  readonly clock?: Clock | undefined
  /** The policy of this moment, for calls that run on. Default: the one that the call began with. */
  policyOf?(organisationId: OrganisationId): FraudPolicy
  /** The store refused or is gone. What was to be given back then stays charged. */
  onStoreError(error: unknown): void
  /** A reservation that nobody closed made room for a new one; what it was charged stays charged. */
  onForgotten?(reservation: string): void
  /** A call was ended later than it had paid for: the rest is charged all the same, beyond a cap if need be. */
  onOverrun?(reservation: string, amount: Micros): void
  /** Reservations at most. Default 100,000. */
  readonly capacity?: number | undefined
}

const DEFAULT_CAPACITY = 100_000
/** Milliseconds; a store that is away by then keeps what was charged. */
const STOP_PATIENCE = 5_000
/** Calls that lasted too long while the store was away. */
const MAXIMUM_OWED = 10_000
const NO_CAP = microsOf(Number.MAX_SAFE_INTEGER)

/** What was charged to the same counters. */
interface Charge {
  readonly keys: readonly BudgetKey[]
  amount: Micros
}

interface Reservation {
  readonly id: string
  readonly request: BudgetRequest
  readonly charges: Charge[]
  charged: Micros
  paidSeconds: number
  answeredAt: number | undefined
  closed: boolean
  /** Asked for and not answered yet. */
  asking: Promise<Result<Reserved, BudgetRefusal>> | undefined
}

export function createBudgets(options: BudgetsOptions): Budgets {
  const { store, clock, nodeId } = options
  const reservations = new BoundedMap<string, Reservation>(options.capacity ?? DEFAULT_CAPACITY, forget)
  const pending = new Set<Promise<void>>()
  /** Spent and not charged, because the store was away. */
  let owed: (readonly BudgetClaim[])[] = []
  let count = 0
  let held = 0

  function forget(id: string, reservation: Reservation): void {
    reservation.closed = true
    held -= reservation.charged
    options.onForgotten?.(id)
  }

  /** The time of events in a replay, a clock that never jumps in life. */
  const timeOf = (at: number): number => clock?.monotonic() ?? at

  /** Until it is durable, or known to have failed. */
  function keep(change: Promise<unknown>): void {
    const settled: Promise<void> = change.then(
      () => void pending.delete(settled),
      (error: unknown) => {
        pending.delete(settled)
        options.onStoreError(error)
      },
    )
    pending.add(settled)
  }

  async function drained(): Promise<void> {
    while (pending.size > 0) await Promise.all(pending)
  }

  async function reserve(reservation: Reservation, at: number): Promise<Result<Reserved, BudgetRefusal>> {
    const { request, paidSeconds } = reservation
    const { price } = request
    const policy = options.policyOf?.(request.organisationId) ?? request.policy
    if (paidSeconds >= policy.maximumCallSeconds) return fail(tooLong(policy))
    const whole = nextChunk(price, paidSeconds, policy.maximumCallSeconds)
    let chunk = whole && affordable(price, whole, paidSeconds, policy.caps.call)
    if (chunk === undefined) return fail(callCapReached(policy, leastChunk(price, paidSeconds)?.cost))
    const caps = capsOf(request, policy, at)
    for (;;) {
      const amount = subtractMicros(chunk.cost, reservation.charged)
      const short = amount === 0 ? undefined : await charge(caps, amount)
      if (short === undefined) return taken(reservation, chunk, caps, amount, policy)
      if (short === STORE_GONE) return fail(STORE_GONE)
      const { cap, left } = short as Short
      const most = reservation.charged + Math.min(left, amount - 1)
      const shorter = affordable(price, chunk, paidSeconds, most)
      if (shorter === undefined) {
        const least = leastChunk(price, paidSeconds) ?? chunk
        return fail(capReached(cap, left, subtractMicros(least.cost, reservation.charged), policy))
      }
      chunk = shorter
    }
  }

  async function charge(caps: readonly CoveringCap[], amount: Micros): Promise<Short | typeof STORE_GONE | undefined> {
    const claims: BudgetClaim[] = caps.map(({ key, cap }) => ({ key, amount, cap }))
    try {
      const [outcome] = await store.charge([claims])
      if (owed.length > 0) chargeOwed(owed.splice(0))
      if (outcome === undefined) throw new Error('the store did not say whether it charged')
      if (outcome.granted) return undefined
      const cap = caps.find(each => each.key.scope === outcome.key.scope) ?? caps[0]!
      return { cap, left: outcome.left }
    } catch (error) {
      options.onStoreError(error)
      return STORE_GONE
    }
  }

  function taken(
    reservation: Reservation,
    chunk: Chunk,
    caps: readonly CoveringCap[],
    amount: Micros,
    policy: FraudPolicy,
  ): Result<Reserved, BudgetRefusal> {
    const keys = caps.map(each => each.key)
    if (reservation.closed) {
      giveBack(keys, amount)
      return fail(NOT_RESERVED)
    }
    const { charges, request } = reservation
    const last = charges.at(-1)
    if (last !== undefined && samePeriods(last.keys, keys)) last.amount = addMicros(last.amount, amount)
    else charges.push({ keys, amount })
    held += amount
    reservation.charged = chunk.cost
    reservation.paidSeconds = chunk.seconds
    return ok({
      reservation: reservation.id,
      paidMs: paidMsOf(request.price, chunk.seconds, policy.maximumCallSeconds),
    })
  }

  function giveBack(keys: readonly BudgetKey[], amount: Micros): void {
    if (amount > 0) keep(store.refund(keys.map(key => ({ key, amount }))))
  }

  /** What was reserved last was not used first: it goes back to the periods that it came from. */
  function giveBackUnused({ charges, charged }: Reservation, cost: Micros): void {
    let unused = charged - cost
    for (const { keys, amount } of charges.toReversed()) {
      const back = microsOf(Math.min(unused, amount))
      if (back <= 0) return
      giveBack(keys, back)
      unused -= back
    }
  }

  function chargeOverrun({ id, request, charged }: Reservation, cost: Micros, at: number): void {
    const amount = subtractMicros(cost, charged)
    const caps = capsOf(request, request.policy, at)
    chargeOwed([caps.map(({ key }) => ({ key, amount, cap: NO_CAP }))])
    options.onOverrun?.(id, amount)
  }

  function chargeOwed(entries: readonly (readonly BudgetClaim[])[]): void {
    const charged = store.charge(entries).catch((error: unknown) => {
      owed = [...owed, ...entries].slice(-MAXIMUM_OWED)
      throw error
    })
    keep(charged)
  }

  return {
    async open(request) {
      const id = `${nodeId}:${++count}`
      const reservation: Reservation = {
        id,
        request,
        charges: [],
        charged: ZERO,
        paidSeconds: 0,
        answeredAt: undefined,
        closed: false,
        asking: undefined,
      }
      const reserved = await reserve(reservation, request.at)
      if (reserved.ok) reservations.set(id, reservation)
      return reserved
    },
    answered(id, at) {
      const reservation = reservations.touch(id)
      if (reservation !== undefined) reservation.answeredAt ??= timeOf(at)
    },
    extend(id, at) {
      const reservation = reservations.touch(id)
      if (reservation === undefined) return Promise.resolve(fail(NOT_RESERVED))
      reservation.asking ??= reserve(reservation, at).finally(() => {
        reservation.asking = undefined
      })
      return reservation.asking
    },
    close(id, at) {
      const reservation = reservations.get(id)
      if (reservation === undefined) return ZERO
      reservations.delete(id)
      reservation.closed = true
      held -= reservation.charged
      const cost = costUntil(reservation, timeOf(at))
      if (cost > reservation.charged) chargeOverrun(reservation, cost, at)
      else giveBackUnused(reservation, cost)
      return cost
    },
    async show(policy, timeZone, at, payers = []) {
      const shown = [...organisationCaps(policy, timeZone, at)]
      for (const payer of payers) shown.push(payerCap(payer, policy, timeZone, at))
      const charged = await store.charged(shown.map(each => each.key))
      return shown.map(({ key, cap }, index) => ({ key, charged: charged[index] ?? ZERO, cap }))
    },
    get reserved() {
      return microsOf(held)
    },
    async stop() {
      const late = Promise.withResolvers<void>()
      const timer = clock?.schedule(STOP_PATIENCE, late.resolve)
      await Promise.race([late.promise, drained()])
      timer?.cancel()
    },
  }
}

interface Short {
  readonly cap: CoveringCap
  readonly left: Micros
}

/** Whatever was answered has begun its first increment, however soon it ended. */
function costUntil({ request, answeredAt }: Reservation, at: number): Micros {
  return answeredAt === undefined ? ZERO : costOf(request.price, Math.max(1, at - answeredAt) / 1_000)
}

function samePeriods(a: readonly BudgetKey[], b: readonly BudgetKey[]): boolean {
  return a.length === b.length && a.every((key, index) => key.period === b[index]!.period)
}
