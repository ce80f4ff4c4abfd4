/** The whole interface as one table: what is not in here cannot be asked for. */
import type { ApiRoute } from '../route.ts'
import { ALERT_ROUTES } from './alert-routes.ts'
import { DETECTION_ROUTES } from './detection-routes.ts'
import { EXPORT_ROUTES } from './export-routes.ts'
import { TRACE_ROUTES } from './trace-routes.ts'
import { logRoutes } from './log-routes.ts'
import type { OidcSignIn } from '../../../identity/oidc/types.ts'
import { oidcRoutes } from './oidc-routes.ts'
import { OWN_ROUTES } from './own-routes.ts'
import { type PeopleRoutesOptions, peopleRoutes } from './people-routes.ts'
import { RESOURCE_ROUTES } from './resource-routes.ts'
import { SEARCH_ROUTES } from './search-routes.ts'
import { SECURITY_ROUTES } from './security-routes.ts'
import type { StreamLimits } from '../stream.ts'
import { type SessionRoutesOptions, sessionRoutes } from './session-routes.ts'

/** `oidc`: undefined where nobody can sign in by a provider. */
export type RoutesOptions = PeopleRoutesOptions &
  SessionRoutesOptions & {
    /** Of the stream of events; default: see `stream.ts`. */
    readonly stream?: StreamLimits
    readonly oidc?: OidcSignIn
  }

export function httpRoutes(options: RoutesOptions): readonly ApiRoute[] {
  return [
    ...RESOURCE_ROUTES,
    ...SECURITY_ROUTES,
    ...ALERT_ROUTES,
    ...SEARCH_ROUTES,
    ...DETECTION_ROUTES,
    ...EXPORT_ROUTES,
    ...TRACE_ROUTES,
    ...logRoutes(options.stream),
    ...OWN_ROUTES,
    ...sessionRoutes(options),
    ...(options.oidc === undefined ? [] : oidcRoutes(options.oidc)),
    ...peopleRoutes(options),
  ]
}
