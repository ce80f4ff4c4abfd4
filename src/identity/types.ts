/**
 * People and how they prove who they are. No account exists without a second factor: a passkey with user verification, or
 * a password together with a code (TOTP, RFC 6238). There is no third way.
 */
import type { ApiKeyId, OrganisationId, PasskeyId, PersonId, SessionId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import type { Secret } from '../base/secret.ts'
import type { Actor } from '../events/system-events.ts'
import type { IdentityErrorCode } from './errors.ts'

export const ROLES = ['owner', 'administrator', 'security', 'helpdesk', 'auditor', 'user'] as const
export type Role = (typeof ROLES)[number]

/** What somebody may do. `own:*` reaches only what belongs to the person's own extension. */
export const PERMISSIONS = [
  'status:read',
  'extensions:read',
  'extensions:write',
  'trunks:read',
  'trunks:write',
  'calling:read',
  'calling:write',
  'calls:read',
  'fraud:read',
  /** Undo, approve, deny, block: decisions on what was found. */
  'fraud:decide',
  /** Caps, rules, the deck, the policy. */
  'fraud:write',
  'firewall:read',
  'firewall:write',
  'log:read',
  'log:export',
  'alerts:write',
  'people:read',
  'people:write',
  'api-keys:write',
  'organisations:read',
  'organisations:write',
  'system:write',
  'own:read',
  'own:write',
] as const
export type Permission = (typeof PERMISSIONS)[number]

export interface Person {
  readonly id: PersonId
  /** Undefined: of the whole installation, in every organisation. */
  readonly organisationId: OrganisationId | undefined
  /** The name to sign in with: lower case, unique in the installation. */
  readonly email: string
  readonly name: string
  readonly role: Role
  /** Number of the extension that is theirs. */
  readonly extension: string | undefined
  /** `invited`: has no factor yet and cannot sign in. */
  readonly state: 'invited' | 'active' | 'suspended'
  readonly createdAt: number
  readonly lastSignInAt: number | undefined
}

/** Where a request comes from. */
export interface Origin {
  readonly address: string
  readonly userAgent: string
  /**
   * `HOST:PORT` that the browser asked for, one of the names that this machine answers for (the HTTP door refuses others):
   * passkeys are bound to its host (rpId), and their origin has to be `https://HOST:PORT`.
   */
  readonly host: string
}

export interface PasskeyView {
  readonly id: PasskeyId
  readonly label: string
  readonly createdAt: number
  readonly lastUsedAt: number | undefined
  /** Synchronised between the devices of its owner. */
  readonly backedUp: boolean
}

export interface FactorsView {
  readonly passkeys: readonly PasskeyView[]
  readonly password: { readonly changedAt: number } | undefined
  readonly totp: { readonly createdAt: number } | undefined
  readonly recoveryCodesLeft: number
}

export interface PersonView extends Person {
  readonly factors: FactorsView
  readonly sessions: number
}

export interface Session {
  readonly id: SessionId
  readonly person: Person
  readonly permissions: ReadonlySet<Permission>
  /** `passkey`, `password+totp`, `password+recovery-code`, `oidc`. */
  readonly method: SessionMethod
  readonly createdAt: number
  readonly idleUntil: number
  readonly until: number
  /** A second factor was given lately until then; 0: not. */
  readonly steppedUpUntil: number
  /** Came back with a recovery code: may do nothing but enrol a factor. */
  readonly mustEnrol: boolean
  /** What changes have to bring along (`X-CSRF-Token`). */
  readonly csrf: string
  /** Where it was made. */
  readonly origin: Origin
}

export type SessionMethod = 'passkey' | 'password+totp' | 'password+recovery-code' | 'oidc'

export interface SessionView {
  readonly id: SessionId
  readonly personId: PersonId
  readonly method: SessionMethod
  readonly address: string
  readonly userAgent: string
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly until: number
}

/** The token is nowhere else: it goes into the cookie. */
export interface SignedIn {
  readonly session: Session
  readonly token: Secret
}

export interface IdentityRefusal {
  readonly code: IdentityErrorCode
  readonly message: string
  readonly field?: string
  /** Seconds to wait. */
  readonly retryAfter?: number
}

export type Outcome<T> = Promise<Result<T, IdentityRefusal>>

/** A link that is used once: its token stands in the fragment, which no server or proxy logs. */
export interface Invitation {
  readonly person: Person
  readonly url: string
  readonly expiresAt: number
}

/** What an open link offers. `options` as the WebAuthn API takes them (JSON form of PublicKeyCredentialCreationOptions). */
export interface Enrolment {
  readonly enrolment: string
  readonly person: Person
  readonly passkey: unknown
  readonly totp: { readonly secret: string; readonly uri: string }
  readonly expiresAt: number
  /** The person had factors before: they are all replaced. */
  readonly recovery: boolean
  /** The first owner has to say who they are: open it again with that. */
  readonly needsName: boolean
}

export interface Ceremony {
  readonly ceremony: string
  /** JSON form of PublicKeyCredentialRequestOptions or …CreationOptions. */
  readonly options: unknown
}

export interface NewPerson {
  readonly organisationId: OrganisationId | undefined
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly extension?: string | undefined
}

export interface PersonChange {
  readonly name?: string
  readonly role?: Role
  readonly extension?: string | null
}

/** Who asks about people: decides whom they see and what they may give. Undefined organisation: all of them. */
export interface Asker {
  readonly actor: Actor
  readonly organisationId: OrganisationId | undefined
  /** `machine`: the operator at the machine's own console. */
  readonly role: Role | 'machine'
}

export interface ApiKeyView {
  readonly id: ApiKeyId
  readonly organisationId: OrganisationId | undefined
  readonly name: string
  readonly scopes: readonly Permission[]
  readonly networks: readonly string[]
  readonly createdAt: number
  readonly createdBy: string
  readonly expiresAt: number
  readonly lastUsedAt: number | undefined
}

export interface NewApiKey {
  readonly organisationId: OrganisationId | undefined
  readonly name: string
  readonly scopes: readonly Permission[]
  /** CIDR; empty: from anywhere. */
  readonly networks: readonly string[]
  /** Milliseconds since the epoch. At most a year ahead. */
  readonly expiresAt: number
}

/** The factor given again for a step-up: a passkey's answer, or a code. */
export type StepUpAnswer = { readonly ceremony: string; readonly response: unknown } | { readonly code: string }

/** Everything about people. Rejects (StoreError) when a change could not be made durable. */
export interface Identity {
  /** The one-time link of the first owner; undefined when an owner exists. Earlier links are void. */
  firstOwnerLink(): Promise<Invitation | undefined>

  /** `who`: the first owner says so themselves; of everybody else it was said in the invitation. */
  openEnrolment(
    token: string,
    origin: Origin,
    who?: { readonly email: string; readonly name: string },
  ): Outcome<Enrolment>
  enrolPasskey(
    input: { readonly enrolment: string; readonly response: unknown; readonly label: string },
    origin: Origin,
  ): Outcome<SignedIn>
  enrolPassword(
    input: { readonly enrolment: string; readonly password: string; readonly code: string },
    origin: Origin,
  ): Outcome<SignedIn & { readonly recoveryCodes: readonly string[] }>

  beginPasskey(origin: Origin): Outcome<Ceremony>
  signInPasskey(input: { readonly ceremony: string; readonly response: unknown }, origin: Origin): Outcome<SignedIn>
  /** `code`: six digits of the authenticator, or a recovery code. */
  signInPassword(
    input: { readonly email: string; readonly password: string; readonly code: string },
    origin: Origin,
  ): Outcome<SignedIn>
  /** After a provider proved it: `subject` is bound at the first time. */
  signInProvider(
    input: { readonly provider: string; readonly issuer: string; readonly subject: string; readonly email: string },
    origin: Origin,
  ): Outcome<SignedIn>
  /** The session of this token, if it may be used from there; moves its idle time, unless only an open page asks (`background`). */
  session(token: string, origin: Origin, background?: boolean): Promise<Session | undefined>
  signOut(session: Session): Promise<void>

  beginStepUp(session: Session): Outcome<{ readonly ceremony: Ceremony | undefined; readonly totp: boolean }>
  /** The session has another token from then on: it goes into the cookie. */
  stepUp(session: Session, answer: StepUpAnswer, origin: Origin): Outcome<SignedIn>

  factors(session: Session): Outcome<FactorsView>
  beginAddPasskey(session: Session): Outcome<Ceremony>
  addPasskey(
    session: Session,
    input: { readonly ceremony: string; readonly response: unknown; readonly label: string },
  ): Outcome<PasskeyView>
  removePasskey(session: Session, id: PasskeyId): Outcome<void>
  /** A password without TOTP is no factor: both are set together, or the password alone is changed where both are there. */
  beginTotp(session: Session): Outcome<{ readonly setup: string; readonly secret: string; readonly uri: string }>
  setPassword(
    session: Session,
    input: { readonly password: string; readonly setup?: string; readonly code: string },
  ): Outcome<{ readonly recoveryCodes: readonly string[] }>
  removePassword(session: Session): Outcome<void>
  newRecoveryCodes(session: Session): Outcome<{ readonly recoveryCodes: readonly string[] }>

  people(asker: Asker): Promise<readonly PersonView[]>
  person(asker: Asker, id: PersonId): Promise<PersonView | undefined>
  /** At the machine's console people are named by e-mail address. */
  personByEmail(asker: Asker, email: string): Promise<PersonView | undefined>
  invite(asker: Asker, input: NewPerson): Outcome<Invitation>
  change(asker: Asker, id: PersonId, change: PersonChange): Outcome<PersonView>
  /** A new link for somebody who lost their devices: all factors are replaced when it is used, and sessions end now. */
  reinvite(asker: Asker, id: PersonId, reason: string): Outcome<Invitation>
  suspend(asker: Asker, id: PersonId, reason: string): Outcome<PersonView>
  restore(asker: Asker, id: PersonId, reason: string): Outcome<PersonView>
  remove(asker: Asker, id: PersonId): Outcome<void>
  sessions(asker: Asker, personId?: PersonId): Promise<readonly SessionView[]>
  revoke(asker: Asker, id: SessionId): Outcome<void>

  apiKeys(asker: Asker): Promise<readonly ApiKeyView[]>
  addApiKey(
    asker: Asker,
    permissions: ReadonlySet<Permission>,
    input: NewApiKey,
  ): Outcome<{ readonly key: ApiKeyView; readonly secret: Secret }>
  removeApiKey(asker: Asker, id: ApiKeyId): Outcome<void>
  /** The key of `Authorization: Bearer …`, if it may be used from there. */
  apiKey(bearer: string, origin: Origin): Promise<ApiKeyView | undefined>
}
