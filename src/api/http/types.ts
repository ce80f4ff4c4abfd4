/** What the HTTP door asks of others: who a request is from, and the operations of their organisation. */
import type { OrganisationId, PersonId } from '../../base/ids.ts'
import type { Actor } from '../../events/system-events.ts'
import type { Permission, Role, Session } from '../../identity/types.ts'
import type { Operations } from '../operations.ts'
import type { ApiErrorCode } from './errors.ts'

/** The parts of a request that say who asks. */
export interface Credentials {
  readonly method: string
  readonly address: string
  readonly userAgent: string
  /** `HOST:PORT` as asked for, which is one of ours. */
  readonly host: string
  readonly cookie: string | undefined
  readonly authorization: string | undefined
  readonly csrf: string | undefined
  readonly origin: string | undefined
  readonly fetchSite: string | undefined
  /** `Ringfence-Organisation` */
  readonly organisation: string | undefined
  /** Nobody sits behind it now, as with a stream that is open: it does not keep a session from being idle. */
  readonly background?: boolean
}

export interface Caller {
  readonly actor: Actor
  /** The organisation that this request is about. */
  readonly organisationId: OrganisationId
  /** May choose among all organisations. */
  readonly installation: boolean
  readonly permissions: ReadonlySet<Permission>
  /** True for API keys too: their scopes were given with one. */
  readonly steppedUp: boolean
  readonly role: Role | undefined
  readonly personId: PersonId | undefined
  /** Number of the person's own extension. */
  readonly extension: string | undefined
  readonly session: Session | undefined
  /** What rate limits count by: a session, a key. */
  readonly limitedBy: string
}

export type Authentication =
  | { readonly ok: true; readonly caller: Caller }
  | {
      readonly ok: false
      readonly status: 401 | 403 | 404
      readonly code: ApiErrorCode
      readonly message: string
    }

export interface Authenticator {
  authenticate(credentials: Credentials): Promise<Authentication>
}

/** The operations of one organisation, done in the name of one actor. */
export type OperationsFor = (caller: Pick<Caller, 'organisationId' | 'actor' | 'installation'>) => Operations
