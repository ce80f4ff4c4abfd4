/** Blind transfer: the destination rings for the party that stays, and takes the place of the one that asked. */
import { routeDialled } from '../routing/route-dialled.ts'
import type { Route } from '../routing/types.ts'
import type { Refusal } from './best-response.ts'
import { type Call, endSideOf, type Leg, type Transfer, type TransferOrder } from './call.ts'
import type { CallEnd } from './call-record.ts'
import { makeDurable, publishAnswered } from './connect-call.ts'
import { type CallContext, inBackground } from './context.ts'
import { resumed } from './description.ts'
import { callForHelp } from './emergency-call.ts'
import { emergencyHeaders } from './emergency-location.ts'
import { endCall } from './end-call.ts'
import { hunt, type Steps } from './hunt.ts'
import { bringIn, lockWhenIdle } from './join-legs.ts'
import { createCall, publishStarted, publishTransferred } from './new-call.ts'
import { addressOf, numberUri } from './party.ts'
import { recordOf } from './record.ts'
import type { ReferSubscription } from './refer-subscription.ts'
import { repeatOffer } from './reoffer.ts'
import type { RingAnswer } from './ring.ts'
import { shownNumber } from './dialled.ts'
import { routeSteps } from './steps/route-steps.ts'
import { newTrip } from './steps/new-trip.ts'
import type { Trip } from './steps/trip.ts'

export function blindTransfer(context: CallContext, order: TransferOrder, subscription: ReferSubscription): void {
  const { call } = order.transferor
  const transfer = new BlindTransfer(context, order, subscription)
  call.transfer = transfer
  transfer.start()
}

class BlindTransfer implements Transfer {
  readonly transferor: Leg
  readonly transferee: Leg
  readonly #context: CallContext
  readonly #order: TransferOrder
  readonly #subscription: ReferSubscription
  readonly #old: Call
  readonly #new: Call
  readonly #route: Route
  #state: 'under-way' | 'done' | 'failed' = 'under-way'

  constructor(context: CallContext, order: TransferOrder, subscription: ReferSubscription) {
    this.transferor = order.transferor
    this.transferee = order.transferee
    this.#context = context
    this.#order = order
    this.#subscription = subscription
    this.#old = order.transferor.call
    const { organisation } = this.#old
    this.#route = routeDialled(context.directory, organisation.id, order.dialled)
    this.#new = createCall(context, {
      organisation,
      from: order.transferee.party.number,
      to: order.dialled.slice(0, 64),
      emergency: this.#route.kind === 'emergency',
      caller: () => order.transferee,
      transferredFrom: this.#old.id,
    })
    publishStarted(context, this.#new)
  }

  start(): void {
    const route = this.#route
    if (route.kind !== 'emergency') {
      this.#ring(routeSteps(this.#trip(), route, this.#order.dialled))
      return
    }
    const call = this.#new
    const { extension } = this.transferor.party
    const headers = emergencyHeaders(this.#context, call, extension, undefined)
    const help = callForHelp(this.#context, { call, extension, route, headers })
    this.#ring(help.steps, help.onOutcome)
  }

  /** The one that transfers pays for what it causes. */
  #trip(): Trip {
    const { extension, trunk } = this.transferor.party
    const payer = { extension, trunk, cause: 'transferred' } as const
    return newTrip(this.#context, this.#new, payer, { except: this.transferee.party.deviceId })
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

  #ring(steps: Steps, onOutcome?: (outcome: 'answered' | Refusal) => void): void {
    const context = this.#context
    const call = this.#new
    const { transferee } = this
    call.ringing = hunt(
      context,
      {
        call,
        steps,
        caller: transferee,
        from: addressOf(transferee.party, call.organisation),
        to: `<${numberUri(shownNumber(this.#route, this.#order.dialled), call.organisation)}>`,
        maxForwards: 69,
        headers: [],
        offer: transferee.heard === undefined ? undefined : resumed(transferee.heard),
      },
      {
        stepped: legs => this.#onStep(legs),
        progress: status => this.#subscription.progress(status),
        answered: answer => {
          onOutcome?.('answered')
          inBackground(context, 'completing a transfer', this.#complete(answer))
        },
        failed: refusal => {
          onOutcome?.(refusal)
          this.#fail(refusal.status, refusal.cause, refusal.side ?? 'callee')
        },
      },
    )
    call.ringTimer = context.clock.schedule(context.limits.ringTimeMs, () => this.#fail(480, 'no-answer', 'callee'))
  }

  #onStep(legs: readonly Leg[]): void {
    const context = this.#context
    const call = this.#new
    if (call.rung.length === 0)
      context.recordWriter.started(recordOf(call, { answeredAt: undefined, endedAt: undefined }))
    call.rung = legs
    context.events.publish('call.ringing', { callId: call.id, devices: legs.length }, call.organisation.id)
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
