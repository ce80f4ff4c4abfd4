/** Somebody calls for help: told at once, sent by every trunk there is, and stopped by nothing of ours. */
import { callerIdFor } from '../routing/caller-id.ts'
import type { Route } from '../routing/types.ts'
import type { Extension } from '../directory/types.ts'
import type { Refusal } from './best-response.ts'
import type { Call } from './call.ts'
import { type CallContext, inBackground } from './context.ts'
import { emergencyHeaders, locationBody } from './emergency-location.ts'
import type { IncomingInvite } from './incoming-invite.ts'
import { type AcceptedSession, placeCall } from './place-call.ts'
import { numberUri } from './party.ts'
import { sendText } from './send-text.ts'
import { emergencySteps } from './steps/emergency-steps.ts'
import type { Steps } from './hunt.ts'
import { newTrip } from './steps/new-trip.ts'

type EmergencyRoute = Extract<Route, { kind: 'emergency' }>

export interface EmergencyPlacing {
  readonly call: Call
  readonly invite: IncomingInvite
  readonly session: AcceptedSession
  /** Undefined: a PBX behind us. */
  readonly extension: Extension | undefined
  readonly route: EmergencyRoute
}

export function placeEmergency(
  context: CallContext,
  { call, invite, session, extension, route }: EmergencyPlacing,
): void {
  const steps = callForHelp(context, {
    call,
    extension,
    route,
    headers: emergencyHeaders(context, call, extension, invite.request),
  })
  const to = `<${numberUri(route.number, call.organisation)}>`
  placeCall(context, { call, invite, session, to, ...steps })
}

interface Help {
  readonly call: Call
  readonly extension: Extension | undefined
  readonly route: EmergencyRoute
  readonly headers: ReturnType<typeof emergencyHeaders>
}

/** Tells everybody who has to know, and gives the way out. Also for a transfer to an emergency number. */
export function callForHelp(
  context: CallContext,
  { call, extension, route, headers }: Help,
): { readonly steps: Steps; onOutcome(outcome: 'answered' | Refusal): void } {
  const attempts = { count: 0 }
  const number = extension?.number ?? call.from
  tell(context, call, extension, route)
  const trip = newTrip(context, call, { extension, trunk: undefined, cause: 'dialled' })
  const callerId = callerIdOf(context, call, extension)
  const words = { number: route.number, callerId, headers, attachment: locationBody(context, call, headers) }
  return {
    steps: emergencySteps(trip, words, attempts),
    onOutcome(outcome) {
      const data = { callId: call.id, extension: number, attempts: attempts.count }
      if (outcome === 'answered') {
        const trunk = call.rung[0]?.party.trunk?.name ?? ''
        context.events.publish('emergency.connected', { ...data, trunk }, call.organisation.id)
        return
      }
      const detail =
        attempts.count === 0 ? 'there is no trunk' : `the last trunk answered ${outcome.received ?? outcome.status}`
      context.events.publish('emergency.failed', { ...data, detail }, call.organisation.id)
    },
  }
}

/** Shown even where the extension withholds it: whoever is called for help has to be able to call back. */
function callerIdOf(context: CallContext, call: Call, extension: Extension | undefined): string | undefined {
  try {
    if (extension !== undefined) return callerIdFor(context.directory, extension).e164
    return context.directory.callingOf(call.organisation.id).defaultCallerId
  } catch (error) {
    context.logger.error({ call: call.id, detail: String(error) }, 'an emergency call goes out without a caller id')
    return undefined
  }
}

/** Nothing that fails here may cost the call a moment. */
function tell(context: CallContext, call: Call, extension: Extension | undefined, route: EmergencyRoute): void {
  const { organisation } = call
  const calling = context.directory.callingOf(organisation.id)
  const own = extension === undefined ? undefined : context.directory.extensionCalling(extension.id)
  const location = own?.emergencyLocationText ?? calling.emergencyLocationText
  const name = extension?.name ?? call.caller.party.number
  const number = extension?.number ?? call.from
  const notified = calling.emergencyNotify
  const { number: dialled, test } = route
  const data = { callId: call.id, extension: number, name, number: dialled, test, location, notified }
  context.events.publish('emergency.called', data, organisation.id)
  const place = location === undefined ? '' : `, at: ${location}`
  const text = `${test ? 'Test of an emergency call' : 'EMERGENCY CALL'}: ${number} (${name}) dialled ${dialled}${place}`
  for (const each of notified) {
    const target = context.directory.extensionByNumber(organisation.id, each)
    if (target !== undefined)
      inBackground(context, 'telling of an emergency call', sendText(context, organisation, target, text))
  }
}
