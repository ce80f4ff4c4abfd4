/** Blind transfer: the destination rings for the party that stays, and takes the place of the one that asked. */
import { routeDialled } from '../routing/route.ts'
import { askAdmission } from './admit.ts'
import { type Call, endSideOf, type Leg, type Transfer, type TransferOrder } from './call.ts'
import type { CallEnd } from './call-record.ts'
import { makeDurable, publishAnswered } from './connect-call.ts'
import { type CallContext, inBackground } from './context.ts'
import { resumed } from './description.ts'
import { destinationsOf } from './destinations.ts'
import { endCall } from './end-call.ts'
import { bringIn, lockWhenIdle } from './join-legs.ts'
import { createCall, publishRefused, publishStarted, publishTransferred } from './new-call.ts'
import { addressOf, numberUri } from './party.ts'
import { recordOf } from './record.ts'
import type { ReferSubscription } from './refer-subscription.ts'
import { repeatOffer } from './reoffer.ts'
import { type Destination, ring, type RingAnswer } from './ring.ts'

/** Resolves when the destination rings, or when it will not. */
export async function blindTransfer(
  context: CallContext,
  order: TransferOrder,
  subscription: ReferSubscription,
): Promise<void> {
  const { call } = order.transferor
  const transfer = new BlindTransfer(context, order, subscription)
  call.transfer = transfer
  await transfer.start()
}

class BlindTransfer implements Transfer {
  readonly transferor: Leg
  readonly transferee: Leg
  readonly #context: CallContext
  readonly #order: TransferOrder
  readonly #subscription: ReferSubscription
  readonly #old: Call
  readonly #new: Call
  #state: 'under-way' | 'done' | 'failed' = 'under-way'

  constructor(context: CallContext, order: TransferOrder, subscription: ReferSubscription) {
    this.transferor = order.transferor
    this.transferee = order.transferee
    this.#context = context
    this.#order = order
    this.#subscription = subscription
    this.#old = order.transferor.call
    this.#new = createCall(context, {
      organisation: this.#old.organisation,
      from: order.transferee.party.number,
      to: order.dialled.slice(0, 64),
      caller: () => order.transferee,
      transferredFrom: this.#old.id,
    })
    publishStarted(context, this.#new)
  }

  async start(): Promise<void> {
    const context = this.#context
    const call = this.#new
    const route = routeDialled(context.directory, call.organisation.id, this.#order.dialled)
    if (route.kind === 'unknown') return this.#fail(404, 'unknown-destination')
    // The one that transfers pays for what it causes.
    const payer = this.transferor.party.extension
    const refused = payer === undefined ? undefined : await askAdmission(context, call, payer, this.#order.dialled)
    if (this.#isOver()) return
    if (refused !== undefined) {
      publishRefused(context, call, { sipCode: refused.status, rule: refused.rule, reason: refused.reason })
      return this.#fail(refused.status, refused.cause)
    }
    const destinations = destinationsOf(context, route.extension, this.transferee.party.deviceId)
    if (destinations.length === 0) return this.#fail(480, 'unreachable')
    if (!context.table.roomForLegs(destinations.length)) return this.#fail(503, 'overload')
    this.#ring(destinations, route.extension.number)
  }

  onGone(leg: Leg): boolean {
    // Many phones hang up as soon as their REFER is accepted; the other party stays until it is known where it goes.
    if (leg === this.transferor && this.#state !== 'failed') return true
    this.abandon()
    return false
  }

  abandon(): void {
    if (this.#state !== 'under-way') return
    this.#state = 'failed'
    endCall(this.#context, this.#new, { side: 'caller', cause: 'cancelled', sipCode: 487 })
    void this.#subscription.finish(487)
  }

  #ring(destinations: readonly Destination[], number: string): void {
    const context = this.#context
    const call = this.#new
    const { transferee } = this
    context.recordWriter.started(recordOf(call, { answeredAt: undefined, endedAt: undefined }))
    call.ringing = ring(
      context,
      {
        call,
        destinations,
        caller: transferee,
        from: addressOf(transferee.party, call.organisation),
        to: `<${numberUri(number, call.organisation)}>`,
        maxForwards: 69,
        headers: [],
        offer: transferee.heard === undefined ? undefined : resumed(transferee.heard),
      },
      {
        progress: status => this.#subscription.progress(status),
        answered: answer => inBackground(context, 'completing a transfer', this.#complete(answer)),
        failed: refusal => this.#fail(refusal.status, refusal.cause, refusal.side ?? 'callee'),
      },
    )
    call.rung = call.ringing.legs
    call.ringTimer = context.clock.schedule(context.limits.ringTimeMs, () => this.#fail(480, 'no-answer', 'callee'))
    const devices = destinations.length
    context.events.publish('call.ringing', { callId: call.id, devices }, call.organisation.id)
  }

  async #complete(answer: RingAnswer): Promise<void> {
    const context = this.#context
    const call = this.#new
    if (!(await makeDurable(context, call, answer))) return this.#fail(503, 'system-error')
    if (this.#isOver()) return
    const unlock = await lockWhenIdle(context, this.#old)
    if (unlock === undefined) return this.#fail(491, 'protocol-error', 'caller')
    const status = await this.#join(answer)
    if (status !== 200 || this.#isOver() || call.state !== 'answering') {
      this.#fail(status === 200 ? 487 : status, status === 488 ? 'media-refused' : 'protocol-error', 'caller')
      // It has taken an offer that leads nowhere now.
      if (status === 200 || status === 488) await this.#bringBack()
      return unlock()
    }
    unlock()
    this.#state = 'done'
    this.transferee.call = call
    call.state = 'up'
    publishAnswered(context, call)
    publishTransferred(context, this.#old, call, { by: this.transferor.party.number, attended: false })
    await this.#subscription.finish(200)
    endCall(context, this.#old, { side: endSideOf(this.transferor), cause: 'transferred', sipCode: 200 })
  }

  async #join({ bridge, leg }: RingAnswer): Promise<number> {
    try {
      return (await bringIn(this.#context, bridge, leg.heard!, this.transferee, 'a')).status
    } catch {
      // The destination hung up, and its bridge is closed.
      return 500
    }
  }

  async #bringBack(): Promise<void> {
    if (this.transferee.state !== 'up' || this.#old.state !== 'up') return
    await repeatOffer(this.#context, this.transferee)
  }

  #fail(status: number, cause: CallEnd['cause'], side: CallEnd['side'] = 'system'): void {
    endCall(this.#context, this.#new, { side, cause, sipCode: status }, { reason: `SIP;cause=${status}` })
    if (this.#state !== 'under-way') return
    this.#state = 'failed'
    this.#old.transfer = undefined
    void this.#subscription.finish(status)
    // Nobody is left to talk to.
    if (this.transferor.state !== 'gone') return
    endCall(this.#context, this.#old, { side: endSideOf(this.transferor), cause: 'normal', sipCode: 200 })
  }

  /** It may have ended while something was awaited. */
  #isOver(): boolean {
    return this.#state !== 'under-way'
  }
}
