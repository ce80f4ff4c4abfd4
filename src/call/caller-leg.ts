/** The leg of whoever calls, and its INVITE. */
import { createUasDialog } from '../sip/dialog/dialog.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { Call, Leg, Party } from './call.ts'
import { onCallerAck } from './connect-call.ts'
import { type CallContext, inBackground } from './context.ts'
import { endCall } from './end-call.ts'
import { allowedMethods, bodyText, contactFor } from './headers.ts'
import type { Caller } from './identify-caller.ts'
import { createIncomingInvite, type IncomingInvite } from './incoming-invite.ts'
import { createLeg, newTag } from './leg.ts'
import { partyOf, userAgentOf } from './party.ts'

export interface WhoCalls {
  readonly party: Party
  readonly authentication: string | undefined
}

export function whoIs({ extension, device, authentication }: Caller): WhoCalls {
  return { party: partyOf(extension, device), authentication }
}

export function callerLeg(context: CallContext, call: Call, transaction: ServerTransaction, who: WhoCalls): Leg {
  const { request, flow } = transaction
  const secure = request.requestUri.kind === 'sip' && request.requestUri.scheme === 'sips'
  const localTag = newTag()
  const leg = createLeg(context, {
    direction: 'in',
    party: who.party,
    call,
    flow,
    sipCallId: request.callId,
    userAgent: userAgentOf(request),
    authentication: who.authentication,
    dialog: createUasDialog(request, localTag, { localContact: contactFor(flow, secure, context), flow }),
    localTag,
  })
  leg.allows = allowedMethods(request)
  leg.heard = bodyText(request)
  leg.allowInsecureForEmergency = call.emergency
  context.table.addLeg(leg)
  // A flow that is not registered over would be closed as idle.
  if (!context.bindings.isRegisteredFlow(flow.id)) context.transport.keepAlive(flow, context.limits.sessionInterval)
  return leg
}

export function callerInvite(context: CallContext, call: Call, transaction: ServerTransaction): IncomingInvite {
  return createIncomingInvite(context, call.caller, transaction, {
    cancelled: reason => endCall(context, call, { side: 'caller', cause: 'cancelled', sipCode: 487 }, { reason }),
    acknowledged: ack => inBackground(context, 'an ACK', onCallerAck(context, call, ack)),
    unacknowledged: () =>
      endCall(context, call, { side: 'caller', cause: 'protocol-error', sipCode: 504 }, { reason: 'SIP;cause=504' }),
  })
}
