/** Who asks: a person by the cookie of their session, or a program by its key. A change by a person shows that it comes from our own pages. */
import type { OrganisationId } from '../../base/ids.ts'
import { constantTimeEqual } from '../../base/secret.ts'
import { isForInstallation } from '../../identity/roles.ts'
import type { ApiKeyView, Identity, Origin, Session } from '../../identity/types.ts'
import { tokenOf } from './cookie.ts'
import type { ApiErrorCode } from './errors.ts'
import type { Authentication, Authenticator, Caller, Credentials } from './types.ts'

export interface AuthenticatorOptions {
  readonly identity: Identity
  readonly now: () => number
  /** The first of them is what somebody of the whole installation means who names none. */
  readonly organisations: () => readonly { readonly id: OrganisationId }[]
}

const SAFE = new Set(['GET', 'HEAD'])

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return {
    async authenticate(credentials) {
      const { authorization, cookie } = credentials
      if (authorization !== undefined) return byKey(options, credentials, authorization)
      const token = tokenOf(cookie)
      if (token === undefined) return refused(401, 'API_UNAUTHENTICATED', 'sign in first, or send an API key')
      return bySession(options, credentials, token)
    },
  }
}

async function byKey(
  options: AuthenticatorOptions,
  credentials: Credentials,
  authorization: string,
): Promise<Authentication> {
  const [, bearer = ''] = /^Bearer ([\w-]{1,256})$/i.exec(authorization) ?? []
  const key = bearer === '' ? undefined : await options.identity.apiKey(bearer, originOf(credentials))
  if (key === undefined) {
    return refused(401, 'API_UNAUTHENTICATED', 'this key does not exist, is over, or may not be used from there')
  }
  const organisationId = organisationFor(options, key.organisationId, credentials.organisation)
  if (organisationId === undefined) return unknownOrganisation()
  return { ok: true, caller: keyCaller(key, organisationId, credentials.address) }
}

function keyCaller(key: ApiKeyView, organisationId: OrganisationId, address: string): Caller {
  const installation = key.organisationId === undefined
  const scopes = key.scopes.filter(scope => installation || !isForInstallation(scope))
  return {
    actor: { kind: 'api-key', name: key.name, id: key.id, address },
    organisationId,
    installation,
    permissions: new Set(scopes),
    steppedUp: true,
    role: undefined,
    personId: undefined,
    extension: undefined,
    session: undefined,
    limitedBy: `key ${key.id}`,
  }
}

async function bySession(
  options: AuthenticatorOptions,
  credentials: Credentials,
  token: string,
): Promise<Authentication> {
  const session = await options.identity.session(token, originOf(credentials), credentials.background === true)
  if (session === undefined) return refused(401, 'API_UNAUTHENTICATED', 'the session is over: sign in again')
  const forged = SAFE.has(credentials.method) ? undefined : forgeryOf(credentials, session)
  if (forged !== undefined) return refused(403, 'API_FORBIDDEN', forged)
  const organisationId = organisationFor(options, session.person.organisationId, credentials.organisation)
  if (organisationId === undefined) return unknownOrganisation()
  return { ok: true, caller: sessionCaller(session, organisationId, credentials.address, options.now()) }
}

function sessionCaller(session: Session, organisationId: OrganisationId, address: string, now: number): Caller {
  const { person } = session
  return {
    actor: { kind: 'person', name: person.email, id: person.id, address, session: session.id },
    organisationId,
    installation: person.organisationId === undefined,
    permissions: session.permissions,
    steppedUp: session.steppedUpUntil > now,
    role: person.role,
    personId: person.id,
    extension: person.extension,
    session,
    limitedBy: `session ${session.id}`,
  }
}

/** Whether a browser says that a page of somebody else asks. What is no browser says nothing. */
export function isForeign({ origin, fetchSite, host }: Credentials): boolean {
  return (
    (origin !== undefined && origin !== `https://${host}`) || (fetchSite !== undefined && fetchSite !== 'same-origin')
  )
}

/** Why a change does not come from our own pages; undefined: it does. */
export function forgeryOf(credentials: Credentials, session: Session): string | undefined {
  const { csrf, origin, fetchSite } = credentials
  if (isForeign(credentials)) return 'a change comes from our own pages only'
  if (origin === undefined && fetchSite === undefined) return 'a change says which page it comes from (Origin)'
  if (csrf === undefined || !constantTimeEqual(csrf, session.csrf)) {
    return 'a change brings along the X-CSRF-Token of its session (GET /api/v1/session)'
  }
  return undefined
}

/** Whoever belongs to one organisation means that; naming another is like naming one that does not exist. */
function organisationFor(
  { organisations }: AuthenticatorOptions,
  own: OrganisationId | undefined,
  asked: string | undefined,
): OrganisationId | undefined {
  const all = organisations()
  if (own !== undefined) return asked === undefined || asked === own ? own : undefined
  return asked === undefined ? all[0]?.id : all.find(each => each.id === asked)?.id
}

export function originOf({ address, userAgent, host }: Credentials): Origin {
  return { address, userAgent, host }
}

function unknownOrganisation(): Authentication {
  return refused(404, 'API_UNKNOWN', 'there is no such organisation')
}

function refused(status: 401 | 403 | 404, code: ApiErrorCode, message: string): Authentication {
  return { ok: false, status, code, message }
}
