/** Where people, their factors, sessions and keys are kept; implemented by `store/`. Every write is durable when its promise resolves. */
import type { ApiKeyId, OrganisationId, PasskeyId, PersonId, SessionId } from '../base/ids.ts'
import type { Secret } from '../base/secret.ts'
import type { ApiKeyView, Person, Role, SessionMethod } from './types.ts'

export interface StoredPasskey {
  readonly id: PasskeyId
  /** As the authenticator names it, base64url. */
  readonly credentialId: string
  /** COSE key, base64url. */
  readonly publicKey: string
  readonly counter: number
  readonly transports: readonly string[]
  /** The host that it is bound to. */
  readonly rpId: string
  readonly label: string
  readonly createdAt: number
  readonly lastUsedAt: number | undefined
  readonly backedUp: boolean
}

export interface StoredPerson {
  readonly person: Person
  /** Grows with each change. */
  readonly version: number
  readonly passkeys: readonly StoredPasskey[]
  readonly password: { readonly hash: string; readonly changedAt: number } | undefined
  /** `lastStep`: the time step of the newest code that was taken; none at or before it is taken again. */
  readonly totp: { readonly secret: Secret; readonly createdAt: number; readonly lastStep: number } | undefined
  /** SHA-256, hexadecimal. Each is there until it is used. */
  readonly recoveryCodes: readonly string[]
  /** A link that is out. `hash`: SHA-256 of its token. */
  readonly invitation:
    | {
        readonly hash: string
        readonly expiresAt: number
        readonly recovery: boolean
        /** Of the first owner, who says by themselves who they are. */
        readonly first: boolean
      }
    | undefined
  /** Accounts at identity providers. */
  readonly subjects: readonly { readonly issuer: string; readonly subject: string }[]
  /** Where they signed in from, newest first, at most 16. */
  readonly networks: readonly { readonly network: string; readonly lastSeenAt: number }[]
}

/** As in a list: no secret is opened for it. */
export interface ListedPerson extends Omit<StoredPerson, 'totp'> {
  readonly totp: { readonly createdAt: number; readonly lastStep: number } | undefined
}

export interface StoredSession {
  readonly id: SessionId
  /** SHA-256 of the token. */
  readonly tokenHash: string
  /** The token before this one, and until when requests that were on their way with it are answered. */
  readonly previous: { readonly tokenHash: string; readonly until: number } | undefined
  readonly personId: PersonId
  readonly method: SessionMethod
  readonly address: string
  readonly userAgent: string
  readonly host: string
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly until: number
  readonly steppedUpUntil: number
  readonly mustEnrol: boolean
  readonly csrf: string
}

export type SessionChange = Partial<Pick<StoredSession, 'lastSeenAt' | 'steppedUpUntil' | 'mustEnrol'>>

export interface StoredApiKey extends ApiKeyView {
  /** SHA-256 of the secret. */
  readonly hash: string
}

/** What one person, and nobody else, is found by. */
export type PersonKey =
  | { readonly id: PersonId }
  | { readonly email: string }
  | { readonly credentialId: string }
  | { readonly invitation: string }
  | { readonly issuer: string; readonly subject: string }

export interface IdentityRepository {
  /** Oldest first. */
  people(filter?: {
    readonly organisationId?: OrganisationId | undefined
    readonly role?: Role | undefined
  }): Promise<readonly ListedPerson[]>
  countPeople(): Promise<number>
  personBy(key: PersonKey): Promise<StoredPerson | undefined>
  /** False: somebody has this e-mail address already. Rejects when a passkey or subject is somebody else's. */
  insertPerson(person: StoredPerson): Promise<boolean>
  /** False: it was changed since (`version` is not one more than what is stored), or is gone. Rejects as `insertPerson` does. */
  replacePerson(person: StoredPerson): Promise<boolean>
  /** With its sessions. */
  deletePerson(id: PersonId): Promise<void>

  insertSession(session: StoredSession): Promise<void>
  /** By the token before its own, too. */
  sessionByToken(tokenHash: string): Promise<StoredSession | undefined>
  session(id: SessionId): Promise<StoredSession | undefined>
  /** Only what is named; the time of the last sight never goes back. No effect when it is gone. */
  updateSession(id: SessionId, change: SessionChange): Promise<void>
  /** From now on it has this token. False: it is gone. */
  renewSession(id: SessionId, tokenHash: string, previousUntil: number): Promise<boolean>
  /** Of one person, or of all. */
  sessions(personId?: PersonId): Promise<readonly StoredSession[]>
  deleteSession(id: SessionId): Promise<boolean>
  /** But `except`. */
  deleteSessionsOf(personId: PersonId, except?: SessionId): Promise<void>
  /** What is over at `now`, or was not seen since `idleSince`. */
  deleteExpired(now: number, idleSince: number): Promise<void>

  /** True once for each id; `until` says when it may be forgotten. */
  useOnce(id: string, until: number): Promise<boolean>

  apiKeys(): Promise<readonly StoredApiKey[]>
  apiKey(id: ApiKeyId): Promise<StoredApiKey | undefined>
  insertApiKey(key: StoredApiKey): Promise<void>
  touchApiKey(id: ApiKeyId, lastUsedAt: number): Promise<void>
  deleteApiKey(id: ApiKeyId): Promise<boolean>
}
