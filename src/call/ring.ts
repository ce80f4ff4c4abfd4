/** Rings every device of a destination at once; the first that answers has the call (RFC 3261 §16.7 steps 5 to 10, as a B2BUA). */
import { randomToken } from '../base/random.ts'
import type { MediaBridge, MediaOutcome } from '../media/media-engine.ts'
import { isReliable } from '../sip/dialog/reliable-provisional.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipResponse } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import { bestRefusal, type Refusal, refusalOf, trunkRefusalOf } from './best-response.ts'
import type { Allowance } from './allowance.ts'
import { ANSWERED_ELSEWHERE, type Attachment, Branch, type BranchCredentials } from './branch.ts'
import { DEFAULT_BREADTH, shareBreadth } from './breadth.ts'
import type { Call, EarlyMedia, Leg, Party, PickedUp, Ringing } from './call.ts'
import { type CallContext, inBackground } from './context.ts'
import { describeTo } from './description.ts'
import { bodyText } from './headers.ts'
import { createLeg, newTag, sayGoodbye } from './leg.ts'
import { OVERLOADED } from './reply.ts'
import { startLegSession } from './session.ts'
import { closeBridge, openBridge, refuseMedia } from './media-path.ts'

/** A device, or a trunk, that can be reached now. */
export interface Destination {
  /** Request-URI and Route values of its INVITE. */
  readonly uri: string
  readonly routes: readonly string[]
  readonly flow: Flow
  readonly party: Party
  readonly userAgent: string
  readonly trunk?: TrunkWords | undefined
}

/** What is different where the destination is a trunk. */
export interface TrunkWords {
  /** Values of From, without a tag, and of To, instead of the plan's. */
  readonly from: string
  readonly to: string
  readonly headers: readonly HeaderPair[]
  readonly attachment?: Attachment | undefined
  readonly credentials: BranchCredentials
  /** Milliseconds until a trunk that says nothing counts as dead. */
  readonly responseTimeMs: number
  /** Milliseconds from its 100 until it has to ring; undefined: as long as it likes. */
  readonly progressTimeMs?: number | undefined
  /** How long it may last once it is answered; it is given back with the leg. */
  readonly allowance?: Allowance | undefined
  /** Gives back its place among the trunk's calls. */
  release(): void
}

export interface RingPlan {
  readonly call: Call
  readonly destinations: readonly Destination[]
  /** The one that will talk to whoever answers: side `a`. */
  readonly caller: Leg
  /** Values of From, without a tag, and of To. */
  readonly from: string
  readonly to: string
  readonly maxForwards: number
  /** Max-Breadth, shared out among the destinations; at least one for each. Default 60. */
  readonly breadth?: number
  readonly headers: readonly HeaderPair[]
  /** What the caller said; undefined: the callee makes the offer. */
  readonly offer: string | undefined
  /** Descriptions in provisional answers are kept from the caller: it may yet be answered by somebody else. Default false. */
  readonly withholdsEarlyMedia?: boolean
}

/** `sdp`: for the caller, the answer to its offer or the callee's offer; `acknowledge`: the ACK with the caller's answer to that. */
export type RingAnswer = PickedUp

export interface RingEvents {
  /** A provisional answer, `sdp` for the caller where early media may pass. */
  progress(status: number, sdp: string | undefined): void
  answered(answer: RingAnswer): void
  failed(refusal: Refusal): void
}

/** One device, its leg and its media. */
interface Bell {
  readonly destination: Destination
  readonly breadth: number
  readonly leg: Leg
  branch: Branch | undefined
  bridge: MediaBridge | undefined
  /** What it said of its media in a provisional response, and what the caller hears of that. */
  early: { readonly heard: string; readonly outcome: Promise<MediaOutcome>; readonly reliable: boolean } | undefined
  over: boolean
}

const NO_MEDIA_LEFT: Refusal = { status: 503, cause: 'overload', side: 'system', headers: OVERLOADED }

/** Starts to ring at once. Exactly one of `answered` and `failed` is told, unless it is cancelled. */
export function ring(context: CallContext, plan: RingPlan, events: RingEvents): Ringing {
  return new Ring(context, plan, events)
}

class Ring implements Ringing {
  readonly #context: CallContext
  readonly #plan: RingPlan
  readonly #events: RingEvents
  readonly #bells: readonly Bell[]
  readonly #refusals: Refusal[] = []
  #over = false
  #winner: Bell | undefined
  #told = 0

  constructor(context: CallContext, plan: RingPlan, events: RingEvents) {
    this.#context = context
    this.#plan = plan
    this.#events = events
    const breadths = shareBreadth(plan.breadth ?? DEFAULT_BREADTH, plan.destinations.length)
    this.#bells = plan.destinations.map((destination, index) => this.#hang(destination, breadths[index]!))
    for (const bell of this.#bells) {
      const opening = this.#open(bell).catch((error: unknown) => {
        context.logger.warn({ call: plan.call.id, detail: String(error) }, 'no media for a device')
        this.#fail(bell, NO_MEDIA_LEFT)
      })
      inBackground(context, 'ringing', opening)
    }
  }

  get legs(): readonly Leg[] {
    return this.#bells.map(bell => bell.leg)
  }

  get early(): EarlyMedia | undefined {
    const [bell] = this.#bells
    if (this.#over || this.#winner !== undefined || bell?.bridge === undefined || bell.leg.dialog === undefined)
      return undefined
    if (this.#bells.length > 1 || bell.early?.reliable !== true) return undefined
    const { leg, bridge } = bell
    const { caller } = this.#plan
    const renewed = (): void => {
      const outcome = { ok: true, sdp: caller.said ?? '', held: caller.holds } as const
      bell.early = { heard: leg.heard ?? '', outcome: Promise.resolve(outcome), reliable: true }
    }
    return { leg, bridge, renewed }
  }

  get offer(): string | undefined {
    return this.#plan.offer
  }

  knows(leg: Leg, remoteTag: string): boolean {
    return this.#bells.some(bell => bell.leg === leg && !bell.over && bell.branch?.knows(remoteTag) === true)
  }

  takenBy(answer: RingAnswer): boolean {
    if (this.#over || this.#winner !== undefined) return false
    this.#finish(undefined, ANSWERED_ELSEWHERE)
    this.#events.answered(answer)
    return true
  }

  cancel(reason: string | undefined): void {
    if (!this.#over) this.#finish(undefined, reason)
  }

  #hang(destination: Destination, breadth: number): Bell {
    const leg = createLeg(this.#context, {
      direction: 'out',
      party: destination.party,
      call: this.#plan.call,
      flow: destination.flow,
      sipCallId: randomToken(18),
      userAgent: destination.userAgent,
      authentication: undefined,
      dialog: undefined,
      localTag: newTag(),
    })
    leg.onReleased = destination.trunk?.release
    leg.allowance = destination.trunk?.allowance
    this.#context.table.addLeg(leg)
    return { destination, breadth, leg, branch: undefined, bridge: undefined, early: undefined, over: false }
  }

  async #open(bell: Bell): Promise<void> {
    const { call, caller, offer, from, to, maxForwards, headers } = this.#plan
    let said: string | undefined
    if (offer !== undefined) {
      const bridge = await openBridge(this.#context, call, caller, bell.leg)
      if (bridge === undefined) return
      if (bell.over) return void closeBridge(this.#context, bridge)
      bell.bridge = bridge
      const outcome = await bridge.offer('a', offer)
      if (bell.over) return
      // The caller's own offer is at fault: no device would fare better.
      if (!outcome.ok) return this.#fail(bell, refuseMedia(this.#context, call, caller, outcome.refusal), true)
      said = describeTo(bell.leg, outcome.sdp)
    }
    const { uri, routes, trunk } = bell.destination
    const invite = {
      uri,
      routes,
      from: trunk?.from ?? from,
      to: trunk?.to ?? to,
      maxForwards,
      maxBreadth: bell.breadth,
      headers: trunk === undefined ? headers : trunk.headers,
      offer: said,
      attachment: trunk?.attachment,
      credentials: trunk?.credentials,
      responseTimeMs: trunk?.responseTimeMs,
      progressTimeMs: trunk?.progressTimeMs,
    }
    bell.branch = new Branch(this.#context, bell.leg, invite, {
      provisional: response => this.#onProvisional(bell, response),
      answered: response => inBackground(this.#context, 'taking an answer', this.#onAnswered(bell, response)),
      failed: status => this.#fail(bell, (trunk === undefined ? refusalOf : trunkRefusalOf)(status), status >= 600),
    })
    bell.branch.send()
  }

  #onProvisional(bell: Bell, response: SipResponse): void {
    if (this.#over || this.#winner !== undefined) return
    const { status } = response
    const alone = this.#bells.length === 1
    const sdp = alone && this.#plan.offer !== undefined ? bodyText(response) : undefined
    // What comes after a reliable answer says nothing new (RFC 3261 §13.2.1).
    if (sdp !== undefined && bell.early?.reliable !== true && bell.early?.heard !== sdp) {
      const outcome = bell.bridge!.answer('b', sdp)
      bell.early = { heard: sdp, outcome, reliable: isReliable(response) }
      bell.leg.heard = sdp
      inBackground(this.#context, 'early media', this.#passEarlyMedia(status, outcome))
      return
    }
    // What one of several devices says of itself is not the caller's to know: it rings.
    const passed = alone && this.#plan.withholdsEarlyMedia !== true ? status : 180
    if (passed === this.#told) return
    this.#told = passed
    this.#events.progress(passed, undefined)
  }

  async #passEarlyMedia(status: number, pending: Promise<MediaOutcome>): Promise<void> {
    const outcome = await pending
    if (this.#over || this.#winner !== undefined) return
    if (this.#plan.withholdsEarlyMedia === true) {
      if (this.#told === 180) return
      this.#told = 180
      return this.#events.progress(180, undefined)
    }
    this.#told = status
    this.#events.progress(status, outcome.ok ? outcome.sdp : undefined)
  }

  async #onAnswered(bell: Bell, response: SipResponse): Promise<void> {
    const branch = bell.branch!
    if (this.#over || this.#winner !== undefined) {
      branch.acknowledge(undefined)
      this.#silence(bell, ANSWERED_ELSEWHERE)
      return
    }
    this.#winner = bell
    const delayed = this.#plan.offer === undefined
    if (!delayed) branch.acknowledge(undefined)
    const outcome = await this.#agree(bell, bodyText(response))
    if (bell.over) return
    if (outcome?.ok !== true) {
      if (delayed) branch.acknowledge(undefined)
      this.#fail(bell, this.#mediaFault(bell, outcome), false, 'SIP;cause=488')
      return
    }
    this.#finish(bell, ANSWERED_ELSEWHERE)
    startLegSession(this.#context, bell.leg, response, branch.policy)
    this.#events.answered({
      leg: bell.leg,
      bridge: bell.bridge!,
      sdp: outcome.sdp,
      acknowledge: answer => branch.acknowledge(answer),
    })
  }

  #mediaFault(bell: Bell, outcome: MediaOutcome | undefined): Refusal {
    if (outcome === undefined || outcome.ok) return { status: 488, cause: 'protocol-error' }
    const { status, cause } = refuseMedia(this.#context, this.#plan.call, bell.leg, outcome.refusal)
    return { status, cause }
  }

  /** The caller's half of the media; undefined when the 2xx says nothing of it and nothing did before. */
  async #agree(bell: Bell, sdp: string | undefined): Promise<MediaOutcome | undefined> {
    const { call, caller, offer } = this.#plan
    if (bell.early?.reliable === true) return bell.early.outcome
    bell.leg.heard = sdp ?? bell.early?.heard
    if (offer !== undefined) return sdp === undefined ? bell.early?.outcome : bell.bridge!.answer('b', sdp)
    if (sdp === undefined) return undefined
    const bridge = await openBridge(this.#context, call, caller, bell.leg)
    if (bridge === undefined) return undefined
    if (bell.over) {
      void closeBridge(this.#context, bridge)
      return undefined
    }
    bell.bridge = bridge
    return bridge.offer('b', sdp)
  }

  #fail(bell: Bell, refusal: Refusal, global = false, reason?: string): void {
    if (bell.over || this.#over) return
    this.#silence(bell, reason)
    if (this.#winner === bell) this.#winner = undefined
    this.#refusals.push(refusal)
    // "if a 6xx (Global Failure) response was received, the proxy SHOULD cancel all pending client transactions" (§16.7 step 5).
    if (!global && this.#bells.some(each => !each.over)) return
    this.#finish(undefined, undefined)
    this.#events.failed(bestRefusal(this.#refusals))
  }

  #finish(except: Bell | undefined, reason: string | undefined): void {
    this.#over = true
    for (const bell of this.#bells) if (bell !== except) this.#silence(bell, reason)
  }

  #silence(bell: Bell, reason: string | undefined): void {
    if (bell.over) return
    bell.over = true
    bell.branch?.cancel(reason)
    if (bell.bridge !== undefined) void closeBridge(this.#context, bell.bridge)
    sayGoodbye(this.#context, bell.leg, reason)
  }
}
