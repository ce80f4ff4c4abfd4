/**
 * An offer before the call is answered, in UPDATE (RFC 3311 §5.1) or PRACK (RFC 3262 §5): it becomes ours to the other phone where
 * both have agreed on media reliably. Which exchange is in the way decides how it is refused.
 */
import { buildResponse } from '../sip/message/build.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { EarlyMedia, Leg } from './call.ts'
import { type CallContext, inBackground } from './context.ts'
import { bodyText, SDP_TYPE } from './headers.ts'
import { acceptUpdate, answering, type Modification, passOffer } from './modify-session.ts'
import { type Fault, reply, tryLater } from './reply.ts'

/** INVITE or UPDATE in an early dialog. */
export function modifyEarly(context: CallContext, leg: Leg, transaction: ServerTransaction): void {
  const { request } = transaction
  // RFC 3261 §14.2: 500 to a second INVITE of the phone before its first is answered, 491 while ours is under way.
  if (request.method === 'INVITE') {
    const fault = leg.direction === 'in' ? later() : { status: 491 }
    return void reply(transaction, fault.status, fault.headers)
  }
  const offer = bodyText(request)
  leg.dialog?.updateTarget(request)
  if (offer === undefined) {
    acceptUpdate(context, leg, transaction, undefined, [])
    return
  }
  const fault = standsInTheWay(leg)
  if (fault !== undefined) return void reply(transaction, fault.status, fault.headers)
  pass(context, leg, transaction, offer, {
    accept: sdp => acceptUpdate(context, leg, transaction, sdp, []),
    refuse: (status, headers) => reply(transaction, status, headers),
  })
}

/** A PRACK that matched, with an offer: its 2xx has the answer. */
export function offerInPrack(context: CallContext, leg: Leg, transaction: ServerTransaction, offer: string): void {
  const { request } = transaction
  if (standsInTheWay(leg) !== undefined) return void reply(transaction, 488)
  pass(context, leg, transaction, offer, {
    accept: sdp => {
      const body = sdp === undefined ? {} : { body: sdp, contentType: SDP_TYPE }
      transaction.respond(buildResponse(request, 200, undefined, body))
    },
    refuse: status => reply(transaction, status),
  })
}

function later(): Fault {
  return { status: 500, headers: [tryLater()] }
}

/**
 * RFC 3311 §5.2: 500 while an offer of the phone's waits for our answer, 491 while ours waits for its, and 504 where the session
 * cannot be changed without asking the user: the other phone cannot be asked before it is answered.
 */
function standsInTheWay(leg: Leg): Fault | undefined {
  const { call } = leg
  const { caller, exchange } = call
  const early = call.ringing?.early
  if (exchange !== undefined) return exchange.offerer === leg ? later() : { status: 491 }
  if (leg === caller) {
    if (caller.invite?.request.body.length !== 0 && caller.invite?.agreed !== true) return later()
    return early?.leg.allows?.has('UPDATE') === true ? undefined : { status: 504 }
  }
  if (early?.leg !== leg) return { status: 491 }
  // The caller of a blind transfer is in another call still.
  const reachable = caller.call === call && caller.invite?.agreed === true && caller.allows?.has('UPDATE') === true
  return reachable ? undefined : { status: 504 }
}

function pass(
  context: CallContext,
  leg: Leg,
  { request }: ServerTransaction,
  offer: string,
  answers: Pick<Modification, 'accept' | 'refuse'>,
): void {
  const { call } = leg
  const early = call.ringing!.early!
  const { bridge } = early
  const other = leg === call.caller ? early.leg : call.caller
  const modification: Modification = { leg, other, bridge, request, sessionHeaders: [], ...answers }
  const passing = passOffer(context, modification, offer).then(() => renew(early, leg, offer))
  inBackground(context, 'an early offer', answering(modification, passing))
}

/** Only an offer that was answered is what the phone said last. */
function renew(early: EarlyMedia, leg: Leg, offer: string): void {
  if (leg.heard === offer) early.renewed()
}
