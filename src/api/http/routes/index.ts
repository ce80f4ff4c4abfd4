/** The whole interface as one table: what is not in here cannot be asked for. */
import type { ApiRoute } from '../route.ts'
import { LOG_ROUTES } from './log-routes.ts'
import type { OidcSignIn } from '../../../identity/oidc/types.ts'
import { oidcRoutes } from './oidc-routes.ts'
import { OWN_ROUTES } from './own-routes.ts'
import { type PeopleRoutesOptions, peopleRoutes } from './people-routes.ts'
import { RESOURCE_ROUTES } from './resource-routes.ts'
import { SECURITY_ROUTES } from './security-routes.ts'
import { type SessionRoutesOptions, sessionRoutes } from './session-routes.ts'

/** `oidc`: undefined where nobody can sign in by a provider. */
export type RoutesOptions = PeopleRoutesOptions & SessionRoutesOptions & { readonly oidc?: OidcSignIn }

export function httpRoutes(options: RoutesOptions): readonly ApiRoute[] {
  return [
    ...RESOURCE_ROUTES,
    ...SECURITY_ROUTES,
    ...LOG_ROUTES,
    ...OWN_ROUTES,
    ...sessionRoutes(options),
    ...(options.oidc === undefined ? [] : oidcRoutes(options.oidc)),
    ...peopleRoutes(options),
  ]
}
