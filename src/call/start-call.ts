/** A new call of one of our phones: whom does it want, may it, and then it rings. */
import type { Route } from '../routing/types.ts'
import { answerSession } from '../sip/dialog/session-timer.ts'
import { safeForLog } from '../sip/message/text.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import { breadthOf, DEFAULT_BREADTH } from './breadth.ts'
import type { Call } from './call.ts'
import { callerInvite, callerLeg, whoIs } from './caller-leg.ts'
import type { CallContext } from './context.ts'
import { routeOf, shownNumber } from './dialled.ts'
import { placeEmergency } from './emergency-call.ts'
import type { Caller } from './identify-caller.ts'
import { endCall } from './end-call.ts'
import type { IncomingInvite } from './incoming-invite.ts'
import { createCall, publishStarted } from './new-call.ts'
import { numberUri } from './party.ts'
import { type AcceptedSession, placeCall } from './place-call.ts'
import { retrieve } from './park.ts'
import { pickUpByCode } from './pick-up-by-code.ts'
import { reply } from './reply.ts'
import { denied, routeSteps } from './steps/route-steps.ts'
import { newTrip } from './steps/new-trip.ts'
import type { Payer } from './steps/trip.ts'

/** The caller is known and the request in order. Every call that is made here ends once, with one cause. */
export function startCall(context: CallContext, transaction: ServerTransaction, caller: Caller): void {
  const { dialled, route } = routeOf(context, transaction.request, caller.organisation)
  const emergency = route.kind === 'emergency'
  const session = answerSession(transaction.request, { interval: context.limits.sessionInterval, minimum: 90 })
  if (session.kind === 'malformed') return void reply(transaction, 400)
  if (session.kind === 'too-small') return void reply(transaction, session.status, session.headers)
  if (route.kind === 'feature' && route.feature === 'pick-up') {
    pickUpByCode(context, transaction, caller, route.argument, session)
    return
  }
  if (route.kind === 'feature' && route.feature === 'retrieve') {
    retrieve(context, transaction, caller, route.argument, session)
    return
  }
  const call = createCall(context, {
    organisation: caller.organisation,
    from: caller.extension.number,
    to: safeForLog(dialled ?? transaction.request.requestUriText, 64),
    emergency,
    caller: made => callerLeg(context, made, transaction, whoIs(caller)),
  })
  const invite = callerInvite(context, call, transaction)
  call.caller.invite = invite
  publishStarted(context, call)
  if (emergency) placeEmergency(context, { call, invite, session, extension: caller.extension, route })
  else placeRoute(context, { call, invite, session, caller, dialled: dialled ?? '', route })
}

interface Routed {
  readonly call: Call
  readonly invite: IncomingInvite
  readonly session: AcceptedSession
  readonly caller: Caller
  readonly dialled: string
  readonly route: Route
}

function placeRoute(context: CallContext, { call, invite, session, caller, dialled, route }: Routed): void {
  // Nothing is waited for: the answer goes out at once.
  if (route.kind === 'denied') {
    const { status, cause } = denied({ context, call }, route)
    endCall(context, call, { side: 'system', cause, sipCode: status })
    return
  }
  const { requestUri } = invite.request
  const payer: Payer = { extension: caller.extension, trunk: undefined, cause: 'dialled' }
  const trip = newTrip(context, call, payer, {
    except: caller.device.id,
    secureOnly: requestUri.kind === 'sip' && requestUri.scheme === 'sips',
    breadth: breadthOf(invite.request) ?? DEFAULT_BREADTH,
  })
  const to = `<${numberUri(shownNumber(route, dialled), call.organisation)}>`
  placeCall(context, { call, invite, session, to, steps: routeSteps(trip, route, dialled) })
}
