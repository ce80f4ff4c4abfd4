/** re-INVITE and UPDATE of a phone (RFC 3261 §14, RFC 3311): passed to the other party as an offer of ours, one at a time. */
import { answerSession } from '../sip/dialog/session-timer.ts'
import { buildResponse, type HeaderPair } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { MediaBridge } from '../media/media-engine.ts'
import { type Call, endSideOf, type Leg, negotiates, otherLeg, sideOf } from './call.ts'
import { type CallContext, inBackground } from './context.ts'
import { describeTo } from './description.ts'
import { endCall } from './end-call.ts'
import { allowedMethods, bodyText, contactFor, DIALOG_HEADERS, SDP_TYPE } from './headers.ts'
import { createIncomingInvite, type IncomingInvite } from './incoming-invite.ts'
import { refuseMedia } from './media-path.ts'
import { reply, tryLater } from './reply.ts'
import { type InviteAnswer, sendInvite, type SentInvite } from './reoffer.ts'
import { sendUpdate } from './send-update.ts'
import { watchSession } from './session.ts'

/** What the phone asked, and how it is answered: a re-INVITE waits for an ACK, an UPDATE does not. */
export interface Modification {
  readonly leg: Leg
  readonly other: Leg
  readonly bridge: MediaBridge
  readonly request: SipRequest
  readonly sessionHeaders: readonly HeaderPair[]
  accept(sdp: string | undefined): void
  refuse(status: number, headers?: readonly HeaderPair[]): void
}

export function modifySession(context: CallContext, leg: Leg, transaction: ServerTransaction): void {
  const { request } = transaction
  const session = answerSession(request, { interval: context.limits.sessionInterval, minimum: 90 })
  if (session.kind === 'malformed') return void reply(transaction, 400)
  if (session.kind === 'too-small') return void reply(transaction, session.status, session.headers)
  const sdp = bodyText(request)
  const other = otherLeg(leg)
  if (leg.call.state !== 'up' || other === undefined) {
    // Its record is being written, or a transfer moves it: nothing can be asked of anybody now.
    if (sdp !== undefined || request.method === 'INVITE') return void reply(transaction, 491)
    leg.dialog?.updateTarget(request)
    acceptUpdate(context, leg, transaction, undefined, [])
    return
  }
  const busy = busyAnswer(leg, other)
  if (busy !== undefined && (sdp !== undefined || request.method === 'INVITE')) {
    return void reply(transaction, busy.status, busy.headers)
  }
  leg.dialog?.updateTarget(request)
  leg.allows = allowedMethods(request) ?? leg.allows
  const sessionHeaders = session.headers.filter(([name]) => name !== 'Supported')
  const modification = modificationOf(context, leg, other, transaction, sessionHeaders)
  watchSession(context, leg, session, 'uas')
  // Nothing of the media changes: a refresh is between the phone and us (RFC 4028 §7.4).
  if (request.method === 'UPDATE' && sdp === undefined) return void modification.accept(undefined)
  if (sdp !== undefined && sdp === leg.heard && leg.said !== undefined) return void modification.accept(leg.said)
  if (sdp === undefined)
    inBackground(context, 'a re-INVITE without offer', answering(modification, passEmpty(context, modification)))
  else inBackground(context, 'a new offer', answering(modification, passOffer(context, modification, sdp)))
}

/** RFC 3261 §14.2, RFC 3311 §5.2: 500 while this phone's own request waits, 491 while ours to it does, or the other party's. */
function busyAnswer(leg: Leg, other: Leg): { status: number; headers?: readonly HeaderPair[] } | undefined {
  const { exchange } = leg.call
  // A transfer has begun, and nobody is there to ask.
  if (other.state !== 'up') return { status: 491 }
  if (exchange !== undefined && exchange.offerer === leg) return { status: 500, headers: [tryLater()] }
  const waiting = leg.invite?.awaitingAck === true || other.invite?.awaitingAck === true
  return negotiates(leg.call) || waiting ? { status: 491 } : undefined
}

function modificationOf(
  context: CallContext,
  leg: Leg,
  other: Leg,
  transaction: ServerTransaction,
  sessionHeaders: readonly HeaderPair[],
): Modification {
  const { request } = transaction
  const bridge = leg.call.bridge!
  if (request.method === 'UPDATE') {
    return {
      leg,
      other,
      bridge,
      request,
      sessionHeaders,
      accept: sdp => acceptUpdate(context, leg, transaction, sdp, sessionHeaders),
      refuse: (status, headers) => reply(transaction, status, headers),
    }
  }
  const { call } = leg
  const invite: IncomingInvite = createIncomingInvite(context, leg, transaction, {
    // The other phone decides: its 487 is passed back, and so is a 200 that crossed the CANCEL.
    cancelled: () => call.exchange?.abandon(),
    acknowledged: ack => call.exchange?.acknowledged?.(ack),
    unacknowledged: () =>
      endCall(context, leg.call, { side: endSideOf(leg), cause: 'protocol-error', sipCode: 408 }, NO_ACK),
  })
  leg.invite?.close(500)
  leg.invite = invite
  return {
    leg,
    other,
    bridge,
    request,
    sessionHeaders,
    accept: sdp => invite.accept(sdp, sessionHeaders),
    refuse: (status, headers) => invite.refuse(status, headers),
  }
}

const NO_ACK = { reason: 'SIP;cause=408' }

export function acceptUpdate(
  context: CallContext,
  leg: Leg,
  transaction: ServerTransaction,
  sdp: string | undefined,
  sessionHeaders: readonly HeaderPair[],
): void {
  const contact: HeaderPair = ['Contact', contactFor(transaction.flow, leg.dialog?.secure === true, context)]
  const headers: HeaderPair[] = [contact, ...DIALOG_HEADERS, ...sessionHeaders]
  const body = sdp === undefined ? {} : { body: sdp, contentType: SDP_TYPE }
  transaction.respond(buildResponse(transaction.request, 200, undefined, { headers, ...body }))
}

/** However it ends, the phone has an answer. A bridge that closed because the call ended is no fault. */
export async function answering(modification: Modification, passing: Promise<void>): Promise<void> {
  try {
    await passing
  } catch (error) {
    if (!isOver(modification.leg.call)) throw error
  } finally {
    // Ignored where there was an answer.
    modification.refuse(isOver(modification.leg.call) ? 481 : 500)
  }
}

/** An offer of one phone becomes ours to the other, whose answer comes back the same way. */
export async function passOffer(context: CallContext, modification: Modification, sdp: string): Promise<void> {
  const { leg, other, request, bridge } = modification
  const { call } = leg
  let sent: SentInvite | undefined
  let cancelled = false
  const done = begin(call, leg, () => {
    cancelled = true
    sent?.cancel()
  })
  try {
    const offered = await bridge.offer(sideOf(leg), sdp)
    if (!offered.ok) {
      const { status, headers } = refuseMedia(context, call, leg, offered.refusal)
      return modification.refuse(status, headers)
    }
    if (cancelled) {
      await bridge.rollback()
      return modification.refuse(487)
    }
    const mayUpdate = request.method !== 'INVITE' && other.allows?.has('UPDATE') === true
    sent = (mayUpdate ? sendUpdate : sendInvite)(context, other, describeTo(other, offered.sdp))
    const answer = await sent.outcome
    if (typeof answer === 'number' || answer.sdp === undefined) {
      await bridge.rollback()
      return onRefused(context, modification, typeof answer === 'number' ? answer : 500)
    }
    if (await takeAnswer(context, modification, sdp, answer)) noteHold(context, leg, offered.held)
  } finally {
    done()
  }
}

async function takeAnswer(
  context: CallContext,
  modification: Modification,
  offer: string,
  { sdp }: InviteAnswer,
): Promise<boolean> {
  const { leg, other, bridge } = modification
  const { call } = leg
  if (isOver(call) || sdp === undefined) return false
  const answered = await bridge.answer(sideOf(other), sdp)
  if (isOver(call)) return false
  if (!answered.ok) {
    // The other phone has taken the new offer already, in a way that cannot be kept: there is no state to go back to.
    const { status, cause, headers } = refuseMedia(context, call, other, answered.refusal)
    modification.refuse(status, headers)
    endCall(context, call, { side: endSideOf(other), cause, sipCode: status }, { reason: `SIP;cause=${status}` })
    return false
  }
  leg.heard = offer
  other.heard = sdp
  modification.accept(describeTo(leg, answered.sdp))
  return true
}

/** A re-INVITE without offer asks the other phone for one: its answer comes in the ACK (RFC 3261 §14.2). */
async function passEmpty(context: CallContext, modification: Modification): Promise<void> {
  const { leg, other, bridge } = modification
  const { call } = leg
  const acked = Promise.withResolvers<SipRequest | undefined>()
  let sent: SentInvite | undefined
  const done = begin(
    call,
    leg,
    () => {
      sent?.cancel()
      acked.resolve(undefined)
    },
    ack => acked.resolve(ack),
  )
  try {
    sent = sendInvite(context, other, undefined, { acknowledges: false })
    const answer = await sent.outcome
    if (typeof answer === 'number') return onRefused(context, modification, answer)
    const offered = answer.sdp === undefined ? undefined : await bridge.offer(sideOf(other), answer.sdp)
    if (offered?.ok !== true || isOver(call)) {
      sent.acknowledge(undefined)
      return onRefused(context, modification, 488)
    }
    modification.accept(describeTo(leg, offered.sdp))
    const ack = await acked.promise
    const words = ack === undefined ? undefined : bodyText(ack)
    const answered = words === undefined || isOver(call) ? undefined : await bridge.answer(sideOf(leg), words)
    if (answered?.ok === true) {
      leg.heard = words
      other.heard = answer.sdp
      sent.acknowledge(describeTo(other, answered.sdp))
      return
    }
    sent.acknowledge(undefined)
    const end = {
      side: endSideOf(leg),
      cause: answered === undefined ? 'protocol-error' : 'media-refused',
      sipCode: 488,
    } as const
    endCall(context, call, end, { reason: 'SIP;cause=488' })
  } finally {
    done()
  }
}

/** Marks the call as busy with this exchange; the result ends it. */
function begin(call: Call, offerer: Leg, abandon: () => void, acknowledged?: (ack: SipRequest) => void): () => void {
  const exchange = acknowledged === undefined ? { offerer, abandon } : { offerer, abandon, acknowledged }
  call.exchange = exchange
  return () => {
    if (call.exchange === exchange) call.exchange = undefined
  }
}

/** The same code back (§14.1: the session stays as it was); a dialog that is gone ends the call (§12.2.1.2). */
function onRefused(context: CallContext, { leg, other, refuse }: Modification, status: number): void {
  const { call } = leg
  const passed = status === 401 || status === 407 || status < 400 ? 500 : status
  refuse(passed === 408 || passed === 481 || passed === 503 ? 504 : passed)
  if (isOver(call) || (status !== 408 && status !== 481)) return
  endCall(context, call, { side: endSideOf(other), cause: 'unreachable', sipCode: status }, NO_ACK)
}

function noteHold(context: CallContext, leg: Leg, held: boolean): void {
  if (leg.holds === held) return
  leg.holds = held
  const { id: callId, organisation } = leg.call
  context.events.publish('call.held', { callId, by: leg.party.number, held }, organisation.id)
}

/** It may have ended while something was awaited. */
function isOver(call: Call): boolean {
  return call.state === 'ended'
}
