/** A call that a trunk brings: who says to be calling, whether that can be believed, and where the number leads now. */
import type { Trunk } from '../directory/trunk.ts'
import type { Organisation } from '../directory/types.ts'
import type { OwnedNumber } from '../directory/number.ts'
import { routeDialled } from '../routing/route-dialled.ts'
import { routeInbound } from '../routing/route-inbound.ts'
import { answerSession } from '../sip/dialog/session-timer.ts'
import { safeForLog } from '../sip/message/text.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import { breadthOf, DEFAULT_BREADTH } from './breadth.ts'
import type { Call, Party } from './call.ts'
import { type CallContext, inBackground } from './context.ts'
import { endCall } from './end-call.ts'
import { placeEmergency } from './emergency-call.ts'
import { CALL_RULES } from './errors.ts'
import type { IncomingInvite } from './incoming-invite.ts'
import { createCall, publishStarted } from './new-call.ts'
import { believedCaller, claimedCaller, type ClaimedCaller } from './outside-caller.ts'
import { numberUri } from './party.ts'
import { type AcceptedSession, placeCall, refuseCall } from './place-call.ts'
import { OVERLOADED, reply } from './reply.ts'
import { callerInvite, callerLeg } from './caller-leg.ts'
import { routeOf, shownNumber } from './dialled.ts'
import { routeSteps } from './steps/route-steps.ts'
import { newTrip } from './steps/new-trip.ts'
import { targetSteps } from './steps/target-steps.ts'
import type { Payer, Trip } from './steps/trip.ts'

interface Inbound {
  readonly call: Call
  readonly invite: IncomingInvite
  readonly session: AcceptedSession
  readonly trunk: Trunk
  readonly dialled: string
  readonly claimed: ClaimedCaller
}

export async function startInbound(
  context: CallContext,
  transaction: ServerTransaction,
  trunk: Trunk,
  organisation: Organisation,
): Promise<void> {
  const session = answerSession(transaction.request, { interval: context.limits.sessionInterval, minimum: 90 })
  if (session.kind === 'malformed') return reply(transaction, 400)
  if (session.kind === 'too-small') return reply(transaction, session.status, session.headers)
  const { request } = transaction
  const dialled = calledNumber(context, transaction, trunk, organisation)
  const pbxRoute = trunk.purpose === 'pbx' ? routeDialled(context.directory, organisation.id, dialled) : undefined
  const emergency = pbxRoute?.kind === 'emergency'
  const slot = context.trunks?.reserve(trunk.id, emergency ? 'emergency' : 'call')
  if (slot === undefined) return reply(transaction, CALL_RULES.CALL_TRUNK_LIMIT.status, OVERLOADED)
  const claimed = claimedCaller(context, request, organisation)
  const party = { ...claimed.party, trunk }
  const call = createCall(context, {
    organisation,
    from: claimed.party.number,
    to: safeForLog(dialled, 64),
    emergency,
    caller: made => callerLeg(context, made, transaction, { party, authentication: 'trunk' }),
  })
  call.caller.onReleased = () => slot.release()
  const invite = callerInvite(context, call, transaction)
  call.caller.invite = invite
  publishStarted(context, call)
  const inbound: Inbound = { call, invite, session, trunk, dialled, claimed }
  if (pbxRoute === undefined) return fromProvider(context, inbound)
  if (pbxRoute.kind === 'emergency')
    return placeEmergency(context, { call, invite, session, extension: undefined, route: pbxRoute })
  const payer: Payer = { extension: undefined, trunk, cause: 'dialled' }
  const to = `<${numberUri(shownNumber(pbxRoute, dialled), organisation)}>`
  placeCall(context, {
    call,
    invite,
    session,
    to,
    steps: routeSteps(tripOf(context, inbound, payer), pbxRoute, dialled),
  })
}

/** The Request-URI; a provider that sends its account's name there means the number in To (RFC 3261 §10.2.1's contact is ours). */
function calledNumber(
  context: CallContext,
  transaction: ServerTransaction,
  trunk: Trunk,
  organisation: Organisation,
): string {
  const dialled = routeOf(context, transaction.request, organisation).dialled ?? ''
  if (/\d{2}/.test(dialled) && dialled !== trunk.username) return dialled
  const { uri } = transaction.request.to
  return uri.kind === 'sip' && uri.user !== undefined ? uri.user : dialled
}

async function fromProvider(context: CallContext, inbound: Inbound): Promise<void> {
  const { call, dialled, trunk, claimed } = inbound
  const route = routeInbound(context.directory, call.organisation.id, dialled, context.clock.now())
  if (route === undefined) return refuseCall(context, call, 'CALL_UNKNOWN_NUMBER')
  const caller = await believedCaller(context, {
    call,
    trunk,
    claimed,
    called: route.number.e164,
    request: inbound.invite.request,
  })
  if (isOver(call)) return
  setParty(call, { ...caller, trunk })
  if (route.number.anonymous === 'reject' && caller.anonymous === true)
    return refuseCall(context, call, 'CALL_ANONYMOUS')
  placeNumber(context, inbound, route.number, route.target)
}

function placeNumber(context: CallContext, inbound: Inbound, number: OwnedNumber, target: OwnedNumber['target']): void {
  const { call, invite, session, trunk } = inbound
  const payer: Payer = { extension: undefined, trunk, cause: 'routed' }
  const to = `<${numberUri(number.e164, call.organisation)}>`
  const steps = targetSteps(
    { ...tripOf(context, inbound, payer), claimedCallerId: number.e164, called: number.e164 },
    target,
  )
  placeCall(context, { call, invite, session, to, steps })
}

function tripOf(context: CallContext, { call, invite, claimed }: Inbound, payer: Payer): Trip {
  const { requestUri } = invite.request
  return newTrip(context, call, payer, {
    claimedCallerId: claimed.e164,
    secureOnly: requestUri.kind === 'sip' && requestUri.scheme === 'sips',
    breadth: breadthOf(invite.request) ?? DEFAULT_BREADTH,
  })
}

/** What was found out about the caller replaces what it said. */
function setParty(call: Call, party: Party): void {
  Object.assign(call.caller, { party })
}

function isOver(call: Call): boolean {
  return call.state === 'ended'
}

/** In the background: a failure of ours is answered, not left open. */
export function takeInbound(
  context: CallContext,
  transaction: ServerTransaction,
  trunk: Trunk,
  organisation: Organisation,
): void {
  const work = startInbound(context, transaction, trunk, organisation).catch((error: unknown) => {
    const leg = context.table.legOfInvite(transaction.request)
    if (leg === undefined) reply(transaction, 500)
    else endCall(context, leg.call, { side: 'system', cause: 'system-error', sipCode: 500 })
    throw error
  })
  inBackground(context, 'taking a call of a trunk', work)
}
