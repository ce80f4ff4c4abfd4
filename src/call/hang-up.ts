/** BYE of a phone (RFC 3261 §15.1.2). */
import type { ServerTransaction } from '../sip/transaction/types.ts'
import { endSideOf, type Leg } from './call.ts'
import type { CallContext } from './context.ts'
import { endCall } from './end-call.ts'
import { releaseLeg } from './leg.ts'
import { crossingReason } from './passing/may-cross.ts'
import { reply } from './reply.ts'

export function hangUp(context: CallContext, leg: Leg, transaction: ServerTransaction): void {
  const { call } = leg
  // "the callee's UA MUST NOT send a BYE" before it has answered (§15): the call may ring elsewhere.
  if (leg !== call.caller && leg !== call.callee) return void reply(transaction, 481)
  reply(transaction, 200)
  const wasUp = call.state === 'up'
  releaseLeg(context, leg)
  if (call.transfer?.onGone(leg) === true) return
  const side = endSideOf(leg)
  const reason = crossingReason(transaction.request)
  // A caller may say BYE on its early dialog instead of CANCEL (§15).
  if (wasUp) endCall(context, call, { side, cause: 'normal', sipCode: 200 }, { reason })
  // It answered and went before the caller had heard of it.
  else if (side === 'callee') endCall(context, call, { side, cause: 'declined', sipCode: 480 }, { reason })
  else endCall(context, call, { side, cause: 'cancelled', sipCode: 487 }, { reason })
}
