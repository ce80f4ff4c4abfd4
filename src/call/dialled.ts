/** What was dialled, and how it is shown. */
import type { Organisation } from '../directory/types.ts'
import { emergencyOfUrn, isEmergencyUrn } from '../routing/emergency.ts'
import { routeDialled } from '../routing/route-dialled.ts'
import type { Route } from '../routing/types.ts'
import { decodeText, safeForLog } from '../sip/message/text.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { CallContext } from './context.ts'

/** What our phones see in To: the number that was meant, whatever parameters came with it. */
export function shownNumber(route: Route, dialled: string): string {
  if (route.kind === 'extension') return route.extension.number
  if (route.kind === 'group') return route.group.number
  if (route.kind === 'owned') return route.number.e164
  if (route.kind === 'external') return route.e164
  return safeForLog(dialled, 64)
}

export interface Dialled {
  /** Undefined where the Request-URI names another organisation's domain, or nobody. */
  readonly dialled: string | undefined
  readonly route: Route
}

const NOBODY: Route = { kind: 'denied', rule: 'ROUTE_UNKNOWN', reason: 'nobody here has this number' }

/** What a phone of the organisation asks for. A call for help is one whatever domain it names, and as a URN (RFC 5031). */
export function routeOf(context: CallContext, request: SipRequest, organisation: Organisation): Dialled {
  const text = request.requestUriText
  if (isEmergencyUrn(text)) {
    const route = emergencyOfUrn(text, context.directory.callingOf(organisation.id))
    return { dialled: text, route: route ?? NOBODY }
  }
  const { requestUri } = request
  const user = requestUri.kind === 'sip' && requestUri.user !== undefined ? decodeText(requestUri.user) : undefined
  if (user === undefined) return { dialled: undefined, route: NOBODY }
  const route = routeDialled(context.directory, organisation.id, user)
  if (route.kind === 'emergency' || isHere(context, request, organisation)) return { dialled: user, route }
  return { dialled: undefined, route: NOBODY }
}

function isHere({ directory }: CallContext, { requestUri }: SipRequest, organisation: Organisation): boolean {
  const named = requestUri.kind === 'sip' ? directory.organisationByDomain(requestUri.host) : undefined
  return named === undefined || named.id === organisation.id
}
