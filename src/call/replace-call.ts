/** INVITE with Replaces (RFC 3891): a phone takes the place of another in a call. One that rings is picked up: `pick-up.ts`. */
import { answerSession } from '../sip/dialog/session-timer.ts'
import type { Replaces } from '../sip/dialog/replaces.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import { askAdmission } from './admit.ts'
import { type Call, endSideOf, type Leg, otherLeg } from './call.ts'
import { publishAnswered } from './connect-call.ts'
import { type CallContext, inBackground } from './context.ts'
import { describeTo } from './description.ts'
import { endCall } from './end-call.ts'
import type { Caller } from './identify-caller.ts'
import type { IncomingInvite } from './incoming-invite.ts'
import { bringIn, faultStatus, lockWhenIdle } from './join-legs.ts'
import { openBridge, refuseMedia } from './media-path.ts'
import { pickUp } from './pick-up.ts'
import { createCall, publishRefused, publishStarted } from './new-call.ts'
import { momentOf, recordOf } from './record.ts'
import { repeatOffer } from './reoffer.ts'
import type { AcceptedSession } from './place-call.ts'
import { OVERLOADED, reply } from './reply.ts'
import { callerInvite, callerLeg, whoIs } from './caller-leg.ts'
import { watchSession } from './session.ts'
import type { Payer } from './steps/trip.ts'

export function replaceCall(
  context: CallContext,
  transaction: ServerTransaction,
  caller: Caller,
  { callId, toTag, fromTag, earlyOnly }: Replaces,
): void {
  const replaced = context.table.legByTags(callId, toTag, fromTag)
  // What another organisation talks about does not exist for this one.
  if (replaced === undefined || replaced.call.organisation.id !== caller.organisation.id)
    return void reply(transaction, 481)
  const remaining = otherLeg(replaced)
  const { call: old } = replaced
  const rings = old.state === 'ringing'
  // "an early dialog that was not initiated by this UA": 481 (§3).
  if (rings && old.ringing?.knows(replaced, fromTag) !== true) return void reply(transaction, 481)
  if (!rings && (old.state !== 'up' || remaining?.state !== 'up')) return void reply(transaction, 491)
  if (!rings && earlyOnly) return void reply(transaction, 486)
  if (replaced.call.transfer !== undefined) return void reply(transaction, 491)
  if (transaction.request.body.length === 0) return void reply(transaction, 488)
  const session = answerSession(transaction.request, { interval: context.limits.sessionInterval, minimum: 90 })
  if (session.kind === 'malformed') return void reply(transaction, 400)
  if (session.kind === 'too-small') return void reply(transaction, session.status, session.headers)
  if (rings || remaining === undefined) return void pickUp(context, transaction, caller, old, session)
  takePlace(context, transaction, { caller, replaced, remaining, session })
}

export interface TakingPlace {
  readonly caller: Caller
  /** Whose place is taken; it may be gone already (a call that was parked). */
  readonly replaced: Leg
  readonly remaining: Leg
  readonly session: AcceptedSession
}

/** The caller and `remaining` get a call of their own, and the old one ends. */
export function takePlace(context: CallContext, transaction: ServerTransaction, parts: TakingPlace): void {
  const { caller, replaced, remaining, session } = parts
  const call = createCall(context, {
    organisation: caller.organisation,
    from: caller.extension.number,
    to: remaining.party.number,
    caller: made => callerLeg(context, made, transaction, whoIs(caller)),
    transferredFrom: replaced.call.id,
  })
  const invite = callerInvite(context, call, transaction)
  call.caller.invite = invite
  call.callee = remaining
  publishStarted(context, call)
  const accept = (sdp: string): void => {
    invite.accept(
      sdp,
      session.headers.filter(([name]) => name !== 'Supported'),
    )
    watchSession(context, call.caller, session, 'uas')
  }
  inBackground(context, 'replacing a party', takeOver(context, { call, caller, invite, replaced, remaining, accept }))
}

function payerOf({ extension }: Caller): Payer {
  return { extension, trunk: undefined, cause: 'dialled' }
}

interface TakeOver {
  readonly call: Call
  readonly caller: Caller
  readonly invite: IncomingInvite
  readonly replaced: Leg
  readonly remaining: Leg
  accept(sdp: string): void
}

async function takeOver(context: CallContext, parts: TakeOver): Promise<void> {
  const { call, caller, replaced, remaining } = parts
  const refused = await askAdmission(context, call, payerOf(caller), remaining.party.number)
  if (isOver(call)) return
  if (refused !== undefined) {
    publishRefused(context, call, { sipCode: refused.status, rule: refused.rule, reason: refused.reason })
    return endCall(context, call, { side: 'system', cause: refused.cause, sipCode: refused.status })
  }
  const old = replaced.call
  const unlock = await lockWhenIdle(context, old)
  if (unlock === undefined) {
    return endCall(context, call, { side: 'system', cause: 'protocol-error', sipCode: 491 })
  }
  const status = await connect(context, parts).catch(error => faultStatus(context, call, error))
  if (status === 200) {
    unlock()
    endCall(context, old, { side: endSideOf(replaced), cause: 'replaced', sipCode: 200 }, { reason: REPLACED })
    return
  }
  const cause = status === 488 ? 'media-refused' : status === 503 ? 'system-error' : 'protocol-error'
  const details = status === 503 ? { headers: OVERLOADED } : {}
  endCall(context, call, { side: 'system', cause, sipCode: status }, details)
  if (remaining.state === 'up' && remaining.call === old && old.state === 'up') await repeatOffer(context, remaining)
  unlock()
}

const REPLACED = 'SIP;cause=200;text="Replaced"'

async function connect(context: CallContext, { call, remaining, accept }: TakeOver): Promise<number> {
  const bridge = await openBridge(context, call, call.caller, remaining)
  if (bridge === undefined) return 487
  call.bridge = bridge
  call.state = 'answering'
  const answeredAt = momentOf(call, context.clock)
  try {
    await context.recordWriter.answered(recordOf(call, { answeredAt, endedAt: undefined }))
  } catch {
    return 503
  }
  const reached = await bringIn(context, bridge, call.caller.heard!, remaining, 'b')
  if (reached.status !== 200 || reached.sdp === undefined) {
    if (reached.refusal !== undefined) refuseMedia(context, call, call.caller, reached.refusal)
    return reached.status
  }
  // Somebody hung up meanwhile.
  if (isOver(call) || remaining.state !== 'up') return 487
  call.answeredAt = answeredAt
  call.answeredMonotonic = context.clock.monotonic()
  remaining.call = call
  call.caller.state = 'up'
  call.state = 'up'
  accept(describeTo(call.caller, reached.sdp))
  publishAnswered(context, call)
  return 200
}

/** It may have ended while something was awaited. */
function isOver(call: Call): boolean {
  return call.state === 'ended'
}
