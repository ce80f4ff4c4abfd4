/** From what was dialled to who rings. */
import { routeOwned } from '../../routing/route-inbound.ts'
import type { Route, RouteRule } from '../../routing/types.ts'
import { askAdmission } from '../admit.ts'
import type { Refusal } from '../best-response.ts'
import type { EndCause } from '../call-record.ts'
import { destinationsOf } from '../destinations.ts'
import { CALL_RULES, type CallRule } from '../errors.ts'
import type { Steps } from '../hunt.ts'
import { publishRefused } from '../new-call.ts'
import { extensionSteps } from './extension-steps.ts'
import { externalSteps } from './external-steps.ts'
import { targetSteps } from './target-steps.ts'
import { groupSteps } from './group-steps.ts'
import type { Trip } from './trip.ts'

/** Emergency calls take their own way (`emergency-call.ts`), features theirs. */
export async function* routeSteps(trip: Trip, route: Route, dialled: string): Steps {
  if (route.kind === 'external') {
    if (isClosedTransfer(trip)) return refused(trip, 'CALL_TRANSFER_CLOSED', 'not-admitted')
    return yield* externalSteps(trip, route.e164)
  }
  if (route.kind === 'denied') return denied(trip, route)
  if (route.kind === 'emergency' || route.kind === 'feature')
    return refused(trip, 'CALL_UNKNOWN_DESTINATION', 'unknown-destination')
  const { context, call, payer } = trip
  const refusal = await askAdmission(context, call, payer, dialled)
  if (refusal !== undefined) {
    publishRefused(context, call, { sipCode: refusal.status, rule: refusal.rule, reason: refusal.reason })
    return refusal
  }
  if (route.kind === 'group') return yield* groupSteps(trip, route.group)
  if (route.kind === 'owned') {
    const { number, target } = routeOwned(context.directory, route.number, context.clock.now())
    return yield* targetSteps({ ...trip, called: number.e164 }, target)
  }
  const { extension } = route
  const calling = context.directory.extensionCalling(extension.id)
  // Who rings nobody but the one that calls has called itself.
  if (trip.payer.extension?.id === extension.id && calling.forwardAlways === undefined) {
    const devices = destinationsOf(context, extension, trip.except)
    if (devices.length === 0) return refused(trip, 'CALL_LOOP', 'loop')
  }
  return yield* extensionSteps(trip, extension)
}

/** Who transfers outside leaves the house with an expensive call behind: closed with the forwards (product policy). */
function isClosedTransfer({ context, call, payer }: Trip): boolean {
  return payer.cause === 'transferred' && !context.directory.callingOf(call.organisation.id).offNetForwarding
}

function refused({ context, call }: Pick<Trip, 'context' | 'call'>, rule: CallRule, cause: EndCause): Refusal {
  const { status, reason } = CALL_RULES[rule]
  publishRefused(context, call, { sipCode: status, rule, reason })
  return { status, cause, side: 'system' }
}

const DENIALS: Readonly<Record<RouteRule, number>> = {
  ROUTE_UNKNOWN: 404,
  ROUTE_INVALID_NUMBER: 404,
  ROUTE_AMBIGUOUS_NUMBER: 404,
  ROUTE_MALFORMED: 404,
  ROUTE_COUNTRY_CLOSED: 403,
  ROUTE_CLASS_CLOSED: 403,
}

/** Told of, and what the caller hears. */
export function denied(
  trip: Pick<Trip, 'context' | 'call'>,
  { rule, reason }: Extract<Route, { kind: 'denied' }>,
): Refusal {
  if (rule === 'ROUTE_UNKNOWN') return refused(trip, 'CALL_UNKNOWN_DESTINATION', 'unknown-destination')
  const status = DENIALS[rule]
  publishRefused(trip.context, trip.call, { sipCode: status, rule, reason })
  return { status, cause: status === 403 ? 'not-admitted' : 'unknown-destination', side: 'system' }
}
