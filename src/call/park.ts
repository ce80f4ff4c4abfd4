/** Parking: a call transferred to `*70` waits, in silence, until somebody dials `*71`; the one that parked it rings when nobody does. */
import type { Timer } from '../base/clock.ts'
import type { OrganisationId } from '../base/ids.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import { blindTransfer } from './blind-transfer.ts'
import type { Call, Leg, TransferOrder } from './call.ts'
import { type CallContext, inBackground } from './context.ts'
import type { Caller } from './identify-caller.ts'
import { sayGoodbye } from './leg.ts'
import type { AcceptedSession } from './place-call.ts'
import type { ReferSubscription } from './refer-subscription.ts'
import { takePlace } from './replace-call.ts'
import { reply } from './reply.ts'

export interface ParkedCall {
  readonly slot: string
  /** The leg that parked it; it is gone. */
  readonly parker: Leg
  /** The one that waits. */
  readonly waiting: Leg
  readonly timer: Timer
}

/** Milliseconds until the one that parked it rings. */
const PARK_MS = 180_000
/** Slots are as long as extension numbers at most. */
const MAXIMUM_SLOT = 32

/** `argument`: the slot; empty: the number of the extension that parks. */
export function park(
  context: CallContext,
  { transferor, transferee }: TransferOrder,
  argument: string,
  subscription: ReferSubscription,
): void {
  const { call } = transferor
  const slot = argument === '' ? transferor.party.number : argument
  const key = keyOf(call.organisation.id, slot)
  const end = (status: number): void => inBackground(context, 'parking a call', subscription.finish(status))
  if (slot.length > MAXIMUM_SLOT || call.emergency || transferor.party.extension === undefined) {
    end(403)
    return
  }
  if (context.parked.has(key)) {
    end(486)
    return
  }
  const timer = context.clock.schedule(PARK_MS, () => ringBack(context, call))
  call.parked = { slot, parker: transferor, waiting: transferee, timer }
  context.parked.set(key, call)
  const data = { callId: call.id, by: transferor.party.number, slot }
  context.events.publish('call.parked', data, call.organisation.id)
  end(200)
  sayGoodbye(context, transferor, 'SIP;cause=200;text="Parked"')
}

/** It waits no longer: it was taken, goes back, or hung up. */
export function unpark(context: CallContext, call: Call): ParkedCall | undefined {
  const { parked } = call
  if (parked === undefined) return undefined
  parked.timer.cancel()
  context.parked.delete(keyOf(call.organisation.id, parked.slot))
  call.parked = undefined
  return parked
}

/** `*71`: takes a parked call. `argument`: the slot; empty: the caller's own number. */
export function retrieve(
  context: CallContext,
  transaction: ServerTransaction,
  caller: Caller,
  argument: string,
  session: AcceptedSession,
): void {
  const slot = argument === '' ? caller.extension.number : argument
  const call = context.parked.get(keyOf(caller.organisation.id, slot))
  const parked = call?.parked
  if (call?.state !== 'up' || parked === undefined || parked.waiting.state !== 'up') return void reply(transaction, 404)
  if (transaction.request.body.length === 0) return void reply(transaction, 488)
  unpark(context, call)
  const data = { callId: call.id, by: caller.extension.number, slot }
  context.events.publish('call.retrieved', data, caller.organisation.id)
  takePlace(context, transaction, { caller, replaced: parked.parker, remaining: parked.waiting, session })
}

function ringBack(context: CallContext, call: Call): void {
  const parked = unpark(context, call)
  if (parked === undefined || call.state !== 'up') return
  const order = { transferor: parked.parker, transferee: parked.waiting, dialled: parked.parker.party.number }
  blindTransfer(context, order, { progress() {}, finish: () => Promise.resolve() })
}

function keyOf(organisationId: OrganisationId, slot: string): string {
  return `${organisationId} ${slot}`
}
