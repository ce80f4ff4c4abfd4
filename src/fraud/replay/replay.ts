/** Recorded calls through the live code, on the time at which they happened. */
import type { CallId } from '../../base/ids.ts'
import { ok, type Result } from '../../base/result.ts'
import { routeDialled } from '../../routing/route-dialled.ts'
import { type Approval, isForAll } from '../../guard/types.ts'
import type { LegAllowed, LegRefusal, LegRequest } from '../control/types.ts'
import type { OutsideAttempt } from '../types.ts'
import { type Micros, ZERO } from '../rating/money.ts'
import { costOf } from '../rating/price.ts'
import type { Rate } from '../rating/deck.ts'
import { Heap } from './heap.ts'
import type { NumberedCall } from './read-calls.ts'
import { REPLAYED } from './organisation.ts'
import { createReplayWorld, type ReplayWorld, type ReplayWorldOptions } from './replay-world.ts'

export interface CallOutcome {
  readonly call: NumberedCall
  readonly verdict: 'allow' | 'confirm' | 'block' | 'cut'
  /** When it was decided: the start of the call, or the moment at which it was cut. */
  readonly at: number
  readonly rule: string | undefined
  readonly reason: string | undefined
  /** Under control. */
  readonly cost: Micros
  /** As it was recorded, without control; 0 for what leads to no number that anybody has. */
  readonly costWithout: Micros
  readonly cutAfterSeconds: number | undefined
  /** It did not take place, or not to its end. */
  readonly stopped: boolean
  /** A confirmation that was more than the first one for a new country, or a call of honest people that was stopped. */
  readonly disturbing: boolean
}

interface LiveCall {
  readonly call: NumberedCall
  readonly payer: string
  readonly reservation: string
  readonly endsAt: number
  readonly costWithout: Micros
  readonly confirmed: Confirmed | undefined
  paidMs: number
  over: boolean
}

interface Confirmed {
  readonly rule: string
  readonly reason: string
  readonly disturbing: boolean
}

interface Due {
  readonly at: number
  readonly order: number
  readonly kind: 'extend' | 'end' | 'cut'
  readonly live: LiveCall
  readonly refusal?: LegRefusal
}

/** As `call/watch-allowance` asks for more time. */
const AHEAD_MS = 5_000
/** A call that nobody answers rings so long at most. */
const MAXIMUM_RING_SECONDS = 120
const DAY_MS = 86_400_000
const APPROVED_DAYS = 30
/** More questions than that in a row are one no. */
const MAXIMUM_QUESTIONS = 5

export interface Replay {
  /** In the order in which they end. */
  outcomes(calls: AsyncIterable<NumberedCall>): AsyncGenerator<CallOutcome>
  /** Extensions that were suspended, in the order in which it happened. */
  readonly suspended: readonly string[]
}

export function createReplay(options: ReplayWorldOptions): Replay {
  return new Replayed(options)
}

class Replayed implements Replay {
  readonly #world: ReplayWorld
  readonly #due = new Heap<Due>((a, b) => a.at - b.at || a.order - b.order)
  readonly #live = new Map<string, Set<LiveCall>>()
  readonly #askedCountries = new Set<string>()
  #finished: CallOutcome[] = []
  #order = 0
  #now = 0

  constructor(options: ReplayWorldOptions) {
    this.#world = createReplayWorld(options, {
      endCalls: (payer, decision) => {
        for (const live of this.#live.get(payer) ?? []) this.#cut(live, decision.rule, decision.reason)
      },
    })
  }

  get suspended(): readonly string[] {
    return this.#world.suspended
  }

  async *outcomes(calls: AsyncIterable<NumberedCall>): AsyncGenerator<CallOutcome> {
    for await (const call of calls) {
      await this.#until(call.start)
      this.#now = Math.max(this.#now, call.start)
      await this.#begin(call)
      if (this.#finished.length > 0) yield* this.#takeFinished()
    }
    await this.#until(Number.POSITIVE_INFINITY)
    yield* this.#takeFinished()
  }

  #takeFinished(): CallOutcome[] {
    const finished = this.#finished
    this.#finished = []
    return finished
  }

  async #until(at: number): Promise<void> {
    for (let next = this.#due.peek(); next !== undefined && next.at <= at; next = this.#due.peek()) {
      this.#due.pop()
      this.#now = Math.max(this.#now, next.at)
      if (!next.live.over) await this.#happen(next)
    }
  }

  async #happen({ kind, live, refusal }: Due): Promise<void> {
    if (kind === 'end') this.#end(live)
    else if (kind === 'cut')
      this.#cut(live, refusal?.rule ?? 'FRAUD_CAP_CALL', refusal?.reason ?? 'what was paid for is used up')
    else await this.#extend(live)
  }

  async #begin(call: NumberedCall): Promise<void> {
    if (call.direction === 'in') {
      this.#world.cameIn(call)
      this.#finish(call, { verdict: 'allow' })
      return
    }
    const route = routeDialled(this.#world.reader, REPLAYED, call.destination)
    if (route.kind === 'external') await this.#outside(call, route.e164, this.#costWithout(call, route))
    else if (route.kind === 'denied') this.#denied(call, route)
    else this.#finish(call, { verdict: 'allow' })
  }

  #denied(call: NumberedCall, route: Extract<ReturnType<typeof routeDialled>, { kind: 'denied' }>): void {
    const { rule, reason, external } = route
    this.#world.refused(call, rule)
    const costWithout = external === undefined ? ZERO : this.#costWithout(call, external)
    this.#finish(call, { verdict: 'block', rule, reason, costWithout, stopped: true })
  }

  async #outside(call: NumberedCall, e164: string, costWithout: Micros): Promise<void> {
    const leg = legOf(call, e164, this.#now)
    if (leg.cause !== 'dialled' && !this.#world.calling.offNetForwarding) {
      const rule = leg.cause === 'forwarded' ? 'CALL_FORWARDING_CLOSED' : 'CALL_TRANSFER_CLOSED'
      const reason = `${leg.cause === 'forwarded' ? 'forwarding' : 'transfers'} to outside numbers is closed in this organisation`
      this.#world.refused(call, rule)
      this.#finish(call, { verdict: 'block', rule, reason, costWithout, stopped: true })
      return
    }
    const { verdict, confirmed } = await this.#ask(call, leg)
    if (verdict.verdict === 'allow') return this.#answer(call, leg, verdict, costWithout, confirmed)
    const { rule, reason } = verdict
    this.#finish(call, { verdict: verdict.verdict, rule, reason, costWithout, stopped: true })
  }

  /** Who makes an honest call says yes when asked; an attacker cannot. */
  async #ask(
    call: NumberedCall,
    leg: LegRequest,
  ): Promise<{ verdict: LegAllowed | LegRefusal; confirmed?: Confirmed }> {
    let confirmed: Confirmed | undefined
    for (let questions = 0; ; questions++) {
      const verdict = await this.#world.control.attempt({ ...leg, callId: `${call.index}.${questions}` as CallId })
      const approval = verdict.verdict === 'confirm' ? verdict.decision?.approval : undefined
      const isNo = call.label === 'attack' || questions >= MAXIMUM_QUESTIONS
      if (verdict.verdict !== 'confirm' || approval === undefined || isNo) {
        return confirmed === undefined ? { verdict } : { verdict, confirmed }
      }
      const country = this.#newCountryOf(approval, leg)
      const isFirst = country !== undefined && !this.#askedCountries.has(country)
      if (country !== undefined) this.#askedCountries.add(country)
      const disturbing = !isFirst || confirmed !== undefined
      confirmed = { rule: verdict.rule, reason: verdict.reason, disturbing }
      this.#approve(leg, approval, verdict.decision!.id)
    }
  }

  /** The country that is called, or the one that a traveller calls from. */
  #newCountryOf({ kind, value }: Approval, { payer, source }: LegRequest): string | undefined {
    if (kind === 'country') return value
    const from = source === undefined ? undefined : this.#world.control.sourceOf(source).country
    return kind === 'network' && from !== undefined ? `${payer} in ${from}` : undefined
  }

  #approve({ payer, at }: LegRequest, approval: Approval, decision: string): void {
    const whom = isForAll(approval) ? undefined : payer
    this.#world.control.approve(REPLAYED, whom, approval, at, at + APPROVED_DAYS * DAY_MS)
    this.#world.settle(decision)
  }

  #answer(
    call: NumberedCall,
    leg: LegRequest,
    { reservation, paidMs }: LegAllowed,
    costWithout: Micros,
    confirmed: Confirmed | undefined,
  ): void {
    const { at, payer } = leg
    const seconds = call.answered ? call.seconds : Math.min(call.seconds, MAXIMUM_RING_SECONDS)
    const live: LiveCall = {
      call,
      payer,
      reservation,
      endsAt: at + seconds * 1_000,
      costWithout,
      confirmed,
      paidMs,
      over: false,
    }
    const own = this.#live.get(payer)
    if (own === undefined) this.#live.set(payer, new Set([live]))
    else own.add(live)
    this.#schedule(live.endsAt, 'end', live)
    if (!call.answered) return
    this.#world.control.answered(reservation, at)
    if (!live.over) this.#schedule(Math.max(at, at + paidMs - AHEAD_MS), 'extend', live)
  }

  async #extend(live: LiveCall): Promise<void> {
    const { call, reservation } = live
    const startedAt = live.endsAt - call.seconds * 1_000
    const more = await this.#world.control.extend(reservation, this.#now)
    if (live.over) return
    if (more.verdict !== 'allow' || more.paidMs <= live.paidMs) {
      const refusal = more.verdict === 'allow' ? undefined : more
      this.#schedule(Math.max(this.#now, startedAt + live.paidMs), 'cut', live, refusal)
      return
    }
    live.paidMs = more.paidMs
    this.#schedule(Math.max(this.#now, startedAt + more.paidMs - AHEAD_MS), 'extend', live)
  }

  #schedule(at: number, kind: Due['kind'], live: LiveCall, refusal?: LegRefusal): void {
    // What would happen after the end of the call never does.
    if (kind !== 'end' && at >= live.endsAt) return
    this.#due.push({ at, order: this.#order++, kind, live, ...(refusal === undefined ? {} : { refusal }) })
  }

  #end(live: LiveCall): void {
    const { cost } = this.#release(live)
    const { call, costWithout, confirmed } = live
    const facts = { cost, costWithout, at: call.start }
    if (confirmed === undefined) this.#finish(call, { verdict: 'allow', ...facts })
    else this.#finish(call, { verdict: 'confirm', ...facts, ...confirmed })
  }

  #cut(live: LiveCall, rule: string, reason: string): void {
    const { call, costWithout } = live
    const { cost } = this.#release(live)
    const startedAt = live.endsAt - call.seconds * 1_000
    const cutAfterSeconds = call.answered ? Math.max(0, Math.floor((this.#now - startedAt) / 1_000)) : 0
    this.#finish(call, {
      verdict: 'cut',
      at: this.#now,
      rule,
      reason,
      cost,
      costWithout,
      cutAfterSeconds,
      stopped: true,
    })
  }

  #release(live: LiveCall): { cost: Micros } {
    live.over = true
    this.#live.get(live.payer)?.delete(live)
    if (this.#live.get(live.payer)?.size === 0) this.#live.delete(live.payer)
    return this.#world.control.released(live.reservation, this.#now) ?? { cost: ZERO }
  }

  #finish(call: NumberedCall, facts: Pick<CallOutcome, 'verdict'> & Partial<CallOutcome>): void {
    const stopped = facts.stopped ?? false
    this.#finished.push({
      call,
      at: call.start,
      rule: undefined,
      reason: undefined,
      cost: ZERO,
      costWithout: ZERO,
      cutAfterSeconds: undefined,
      ...facts,
      stopped,
      disturbing: call.label !== 'attack' && (stopped || (facts.disturbing ?? false)),
    })
  }

  #costWithout(call: NumberedCall, external: Parameters<ReplayWorld['tariff']['price']>[0]): Micros {
    if (!call.answered) return ZERO
    const price: Result<Rate, unknown> = rateOf(this.#world, external, call.start)
    return price.ok ? costOf(price.value, call.seconds) : ZERO
  }
}

function rateOf(
  world: ReplayWorld,
  external: Parameters<ReplayWorld['tariff']['price']>[0],
  at: number,
): Result<Rate, unknown> {
  const price = world.tariff.price(external, at)
  return price.ok ? ok(price.value.rate) : price
}

function legOf(call: NumberedCall, e164: string, at: number): LegRequest {
  const { forwardedBy, transferredBy, extension, sourceAddress, userAgent, callerId } = call
  const cause: OutsideAttempt['cause'] =
    forwardedBy !== '' ? 'forwarded' : transferredBy !== '' ? 'transferred' : 'dialled'
  const payer = forwardedBy || transferredBy || extension
  const known = cause === 'dialled' && sourceAddress !== ''
  return {
    callId: `${call.index}` as CallId,
    organisationId: REPLAYED,
    payer,
    extension: payer,
    cause,
    e164,
    callerId: callerId === '' ? undefined : callerId,
    source: known ? { address: sourceAddress, userAgent, device: extension } : undefined,
    at,
  }
}
