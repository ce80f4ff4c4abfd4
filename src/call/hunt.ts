/** Rings one step after another until somebody takes the call: trunks in turn, members of a group, where a forward leads. */
import type { Timer } from '../base/clock.ts'
import type { Refusal } from './best-response.ts'
import type { EarlyMedia, Leg, PickedUp, Ringing } from './call.ts'
import { type CallContext, inBackground } from './context.ts'
import { OVERLOADED } from './reply.ts'
import { type Destination, ring, type RingEvents, type RingPlan } from './ring.ts'

export interface Step {
  /** They ring at once. None: the step fails as unreachable. */
  readonly destinations: readonly Destination[]
  /** Milliseconds until nobody answered; undefined: as long as a call may ring. */
  readonly ringTimeMs?: number | undefined
  /** Somebody else may be asked after this one: what it says of its media before it answers is kept from the caller. */
  readonly mayGoOn: boolean
}

/** Yields a step, is told how it failed, and returns what the caller hears in the end. */
export type Steps = AsyncGenerator<Step, Refusal, Refusal>

export interface HuntPlan extends Omit<RingPlan, 'destinations' | 'withholdsEarlyMedia'> {
  readonly steps: Steps
}

export interface HuntEvents extends RingEvents {
  /** Another step rings. */
  stepped(legs: readonly Leg[]): void
}

const UNREACHABLE: Refusal = { status: 480, cause: 'unreachable', side: 'system' }
const NO_ANSWER: Refusal = { status: 480, cause: 'no-answer' }
const NO_ROOM: Refusal = { status: 503, cause: 'overload', side: 'system', headers: OVERLOADED }
const CANCELLED: Refusal = { status: 487, cause: 'cancelled', side: 'caller' }

/** Exactly one of `answered` and `failed` is told, unless it is cancelled. */
export function hunt(context: CallContext, plan: HuntPlan, events: HuntEvents): Ringing {
  return new Hunt(context, plan, events)
}

class Hunt implements Ringing {
  readonly #context: CallContext
  readonly #plan: HuntPlan
  readonly #events: HuntEvents
  #current: Ringing | undefined
  #timer: Timer | undefined
  #over = false
  /** The caller has a description: another answer would contradict it (RFC 3261 §13.2.1). */
  #described = false

  constructor(context: CallContext, plan: HuntPlan, events: HuntEvents) {
    this.#context = context
    this.#plan = plan
    this.#events = events
    this.#advance(UNREACHABLE)
  }

  get legs(): readonly Leg[] {
    return this.#current?.legs ?? []
  }

  get early(): EarlyMedia | undefined {
    return this.#current?.early
  }

  get offer(): string | undefined {
    return this.#plan.offer
  }

  knows(leg: Leg, remoteTag: string): boolean {
    return this.#current?.knows(leg, remoteTag) === true
  }

  takenBy(answer: PickedUp): boolean {
    return this.#current?.takenBy(answer) === true
  }

  cancel(reason: string | undefined): void {
    if (this.#over) return
    this.#finish()
    this.#current?.cancel(reason)
    // A generator that waits for a trunk ends as soon as it comes to its next step.
    inBackground(this.#context, 'ending a hunt', this.#plan.steps.return(CANCELLED))
  }

  #advance(refusal: Refusal): void {
    inBackground(this.#context, 'hunting', this.#step(refusal))
  }

  async #step(before: Refusal): Promise<void> {
    const next = await this.#plan.steps.next(before).catch((error: unknown) => {
      this.#context.logger.error({ call: this.#plan.call.id, detail: String(error) }, 'the next step was not found')
      return { done: true, value: NO_ROOM } as const
    })
    if (this.#over) {
      if (next.done !== true) for (const each of next.value.destinations) each.trunk?.release()
      return
    }
    if (next.done === true) return this.#fail(next.value)
    const { destinations, ringTimeMs, mayGoOn } = next.value
    if (destinations.length === 0) return this.#step(UNREACHABLE)
    if (!this.#plan.call.emergency && !this.#context.table.roomForLegs(destinations.length)) {
      for (const each of destinations) each.trunk?.release()
      return this.#fail(NO_ROOM)
    }
    const { steps: _steps, ...plan } = this.#plan
    this.#current = ring(this.#context, { ...plan, destinations, withholdsEarlyMedia: mayGoOn }, this.#listener())
    this.#events.stepped(this.#current.legs)
    if (ringTimeMs !== undefined) this.#timer = this.#context.clock.schedule(ringTimeMs, () => this.#tooLong())
  }

  #listener(): RingEvents {
    return {
      progress: (status, sdp) => {
        this.#described ||= sdp !== undefined
        this.#events.progress(status, sdp)
      },
      answered: answer => {
        this.#finish()
        if (answer.leg.allowance !== undefined) answer.leg.allowance.taken = true
        inBackground(this.#context, 'ending a hunt', this.#plan.steps.return(CANCELLED))
        this.#events.answered(answer)
      },
      failed: refusal => {
        this.#timer?.cancel()
        if (this.#described) this.#fail(refusal)
        else this.#advance(refusal)
      },
    }
  }

  #tooLong(): void {
    if (this.#over) return
    this.#current?.cancel('SIP;cause=480')
    this.#advance(NO_ANSWER)
  }

  #fail(refusal: Refusal): void {
    this.#finish()
    this.#events.failed(refusal)
  }

  #finish(): void {
    this.#over = true
    this.#timer?.cancel()
  }
}
