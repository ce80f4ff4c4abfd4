/**
 * Picking up: INVITE with Replaces of a dialog that we began and that still rings (RFC 3891 §3). The phone that sends it takes the
 * call; those that ring get CANCEL. Whoever knows the tags of such a dialog, and belongs to the organisation, may do so.
 */
import type { SessionAnswer } from '../sip/dialog/session-timer.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { Call, Leg } from './call.ts'
import { type CallContext, inBackground } from './context.ts'
import { describeTo } from './description.ts'
import { endCall } from './end-call.ts'
import type { Caller } from './identify-caller.ts'
import { createIncomingInvite, type IncomingInvite } from './incoming-invite.ts'
import { releaseLeg } from './leg.ts'
import { closeBridge, openBridge, refuseMedia } from './media-path.ts'
import type { RingAnswer } from './ring.ts'
import { callerLeg, whoIs } from './caller-leg.ts'
import { watchSession } from './session.ts'

type AcceptedSession = Extract<SessionAnswer, { kind: 'accepted' }>

export function pickUp(
  context: CallContext,
  transaction: ServerTransaction,
  caller: Caller,
  call: Call,
  session: AcceptedSession,
): void {
  const leg = callerLeg(context, call, transaction, whoIs(caller))
  const invite = createIncomingInvite(context, leg, transaction, {
    cancelled: reason => {
      // It has the call already, though its 200 waits for the record: nobody rings any more.
      if (call.callee === leg) endCall(context, call, { side: 'callee', cause: 'declined', sipCode: 480 }, { reason })
      else releaseLeg(context, leg)
    },
    acknowledged() {},
    unacknowledged: () =>
      endCall(context, call, { side: 'callee', cause: 'protocol-error', sipCode: 408 }, { reason: 'SIP;cause=408' }),
  })
  leg.invite = invite
  inBackground(context, 'picking up', take(context, { call, leg, invite, session }))
}

interface PickUp {
  readonly call: Call
  readonly leg: Leg
  readonly invite: IncomingInvite
  readonly session: AcceptedSession
}

async function take(context: CallContext, parts: PickUp): Promise<void> {
  const { leg, invite } = parts
  try {
    const status = await meet(context, parts)
    if (status !== 200) invite.refuse(status)
  } catch (error) {
    context.logger.warn({ call: parts.call.id, detail: String(error) }, 'a call was not picked up')
    invite.refuse(503)
  }
  if (leg.state === 'ringing' && parts.call.callee !== leg) releaseLeg(context, leg)
}

/** 200: it has the call. */
async function meet(context: CallContext, { call, leg, invite, session }: PickUp): Promise<number> {
  const accept = (sdp: string | undefined): void => {
    if (invite.answered || leg.state === 'gone') return
    invite.accept(
      sdp === undefined ? undefined : describeTo(leg, sdp),
      session.headers.filter(([name]) => name !== 'Supported'),
    )
    watchSession(context, leg, session, 'uas')
  }
  const offer = call.ringing?.offer
  const bridge = await openBridge(context, call, call.caller, leg)
  if (bridge === undefined) return 487
  const refuse = (status: number): number => {
    void closeBridge(context, bridge)
    return status
  }
  let answer: RingAnswer
  if (offer === undefined) {
    // The caller wants an offer: it gets this one, and its answer comes with its ACK.
    const offered = await bridge.offer('b', leg.heard ?? '')
    if (!offered.ok) return refuse(refuseMedia(context, call, leg, offered.refusal).status)
    answer = { leg, bridge, sdp: offered.sdp, acknowledge: sdp => accept(sdp) }
  } else {
    const met = await bridge.meet(offer, leg.heard ?? '')
    if (!met.ok) return refuse(refuseMedia(context, call, met.side === 'b' ? leg : call.caller, met.refusal).status)
    leg.heard = met.heard
    answer = { leg, bridge, sdp: met.a, acknowledge() {}, connected: () => accept(met.b) }
  }
  // It was answered, or given up, meanwhile.
  if (leg.state !== 'ringing' || call.ringing?.takenBy(answer) !== true) return refuse(486)
  return 200
}
