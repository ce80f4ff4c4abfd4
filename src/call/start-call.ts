/** A new call: whom does it want, may it, and then it rings. */
import { routeDialled } from '../routing/route.ts'
import { createUasDialog } from '../sip/dialog/dialog.ts'
import { answerSession, type SessionAnswer } from '../sip/dialog/session-timer.ts'
import { decodeText, safeForLog } from '../sip/message/text.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { Extension } from '../directory/types.ts'
import type { Refusal } from './best-response.ts'
import { breadthOf, DEFAULT_BREADTH } from './breadth.ts'
import type { Call, Leg } from './call.ts'
import { type AdmissionRefusal, askAdmission } from './admit.ts'
import { connectCall, onCallerAck } from './connect-call.ts'
import { type CallContext, inBackground } from './context.ts'
import { describeTo } from './description.ts'
import { destinationsOf } from './destinations.ts'
import { endCall } from './end-call.ts'
import { CALL_RULES, type CallRule } from './errors.ts'
import { allowedMethods, bodyText, contactFor, crossingHeaders } from './headers.ts'
import type { Caller } from './identify-caller.ts'
import { createIncomingInvite, type IncomingInvite } from './incoming-invite.ts'
import { createLeg, newTag } from './leg.ts'
import { createCall, publishRefused, publishStarted } from './new-call.ts'
import { addressOf, numberUri, partyOf, userAgentOf } from './party.ts'
import { recordOf } from './record.ts'
import { OVERLOADED, reply } from './reply.ts'
import { ring, type RingAnswer } from './ring.ts'
import { watchSession } from './session.ts'

type AcceptedSession = Extract<SessionAnswer, { kind: 'accepted' }>

/** The caller is known and the request in order. Every call that is made here ends once, with one cause. */
export function startCall(context: CallContext, transaction: ServerTransaction, caller: Caller): void {
  const session = answerSession(transaction.request, { interval: context.limits.sessionInterval, minimum: 90 })
  if (session.kind === 'malformed') return void reply(transaction, 400)
  if (session.kind === 'too-small') return void reply(transaction, session.status, session.headers)
  const dialled = dialledOf(context, transaction, caller)
  const call = createCall(context, {
    organisation: caller.organisation,
    from: caller.extension.number,
    to: safeForLog(dialled ?? transaction.request.requestUriText, 64),
    caller: made => callerLeg(context, made, transaction, caller),
  })
  const invite = callerInvite(context, call, transaction)
  call.caller.invite = invite
  publishStarted(context, call)
  inBackground(context, 'placing a call', place(context, { call, caller, invite, session, dialled }))
}

/** The user part of the Request-URI; undefined where it names another organisation's domain, or nobody. */
function dialledOf(context: CallContext, { request }: ServerTransaction, caller: Caller): string | undefined {
  const { requestUri } = request
  if (requestUri.kind !== 'sip' || requestUri.user === undefined) return undefined
  const named = context.directory.organisationByDomain(requestUri.host)
  if (named !== undefined && named.id !== caller.organisation.id) return undefined
  return decodeText(requestUri.user)
}

export function callerLeg(context: CallContext, call: Call, transaction: ServerTransaction, caller: Caller): Leg {
  const { request, flow } = transaction
  const secure = request.requestUri.kind === 'sip' && request.requestUri.scheme === 'sips'
  const localTag = newTag()
  const leg = createLeg(context, {
    direction: 'in',
    party: partyOf(caller.extension, caller.device),
    call,
    flow,
    sipCallId: request.callId,
    userAgent: userAgentOf(request),
    authentication: caller.authentication,
    dialog: createUasDialog(request, localTag, { localContact: contactFor(flow, secure, context), flow }),
    localTag,
  })
  leg.allows = allowedMethods(request)
  leg.heard = bodyText(request)
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

interface Placing {
  readonly call: Call
  readonly caller: Caller
  readonly invite: IncomingInvite
  readonly session: AcceptedSession
  readonly dialled: string | undefined
}

async function place(context: CallContext, placing: Placing): Promise<void> {
  const { call, caller, dialled } = placing
  const route =
    dialled === undefined
      ? ({ kind: 'unknown' } as const)
      : routeDialled(context.directory, caller.organisation.id, dialled)
  if (route.kind === 'unknown') return refuse(context, call, 'CALL_UNKNOWN_DESTINATION')
  const refused = await askAdmission(context, call, caller.extension, dialled ?? '')
  if (call.state === 'ended') return
  if (refused !== undefined) return endRefused(context, call, refused)
  const { requestUri } = placing.invite.request
  const secureOnly = requestUri.kind === 'sip' && requestUri.scheme === 'sips'
  const reachable = destinationsOf(context, route.extension, caller.device.id)
  // "sips" asks for TLS on every hop (RFC 5630 §4).
  const suitable = secureOnly ? reachable.filter(({ flow }) => flow.secure) : reachable
  const destinations = suitable.slice(0, breadthOf(placing.invite.request))
  if (destinations.length === 0) {
    const alone = route.extension.id === caller.extension.id
    if (alone) return refuse(context, call, 'CALL_LOOP')
    return endCall(context, call, { side: 'system', cause: 'unreachable', sipCode: 480 })
  }
  if (!context.table.roomForLegs(destinations.length)) return refuse(context, call, 'CALL_OVERLOAD')
  startRinging(context, placing, route.extension, destinations)
}

function endRefused(context: CallContext, call: Call, refusal: AdmissionRefusal): void {
  const { status, cause, rule, reason, headers } = refusal
  publishRefused(context, call, { sipCode: status, rule, reason })
  endCall(context, call, { side: 'system', cause, sipCode: status }, headers === undefined ? {} : { headers })
}

const RULE_CAUSES = {
  CALL_UNKNOWN_DESTINATION: 'unknown-destination',
  CALL_LOOP: 'loop',
  CALL_OVERLOAD: 'overload',
} as const satisfies Partial<Record<CallRule, string>>

function refuse(context: CallContext, call: Call, rule: keyof typeof RULE_CAUSES): void {
  const { status, reason } = CALL_RULES[rule]
  const headers = status === 503 ? { headers: OVERLOADED } : {}
  endRefused(context, call, { status, cause: RULE_CAUSES[rule], rule, reason, ...headers })
}

function startRinging(
  context: CallContext,
  { call, invite, session }: Placing,
  extension: Extension,
  destinations: ReturnType<typeof destinationsOf>,
): void {
  const { request } = invite
  context.recordWriter.started(recordOf(call, { answeredAt: undefined, endedAt: undefined }))
  call.ringing = ring(
    context,
    {
      call,
      destinations,
      caller: call.caller,
      from: addressOf(call.caller.party, call.organisation),
      to: `<${numberUri(extension.number, call.organisation)}>`,
      // "the B2BUA … decremented": what we send out and comes back has an end (RFC 3261 §16.6 step 3).
      maxForwards: Math.min(request.maxForwards ?? 70, 70) - 1,
      breadth: breadthOf(request) ?? DEFAULT_BREADTH,
      headers: crossingHeaders(request),
      offer: call.caller.heard,
    },
    {
      progress: (status, sdp) => invite.progress(status, sdp === undefined ? undefined : describeTo(call.caller, sdp)),
      answered: answer => inBackground(context, 'connecting a call', connect(context, call, invite, answer, session)),
      failed: refusal => endUnanswered(context, call, refusal),
    },
  )
  call.rung = call.ringing.legs
  call.ringTimer = context.clock.schedule(context.limits.ringTimeMs, () => {
    const end = { side: 'callee', cause: 'no-answer', sipCode: 480 } as const
    endCall(context, call, end, { reason: 'SIP;cause=480' })
  })
  const devices = destinations.length
  context.events.publish('call.ringing', { callId: call.id, devices }, call.organisation.id)
}

async function connect(
  context: CallContext,
  call: Call,
  invite: IncomingInvite,
  answer: RingAnswer,
  session: AcceptedSession,
): Promise<void> {
  const headers = session.headers.filter(([name]) => name !== 'Supported')
  await connectCall(context, call, invite, answer, headers)
  if (call.state === 'up') watchSession(context, call.caller, session, 'uas')
}

/** Nobody took it: the best of what the devices said. */
function endUnanswered(context: CallContext, call: Call, { status, cause, side = 'callee', headers }: Refusal): void {
  endCall(context, call, { side, cause, sipCode: status }, headers === undefined ? {} : { headers })
}
