/**
 * What can be asked about people, keys of programs and organisations at the machine itself. Whoever holds the machine is
 * above every role: these operations are for the operator there alone, and other doors ask the identity service.
 */
import { z } from 'zod'
import { parseNetwork } from '../base/network.ts'
import { PERMISSIONS, type Permission, ROLES, type Role } from '../identity/types.ts'
import type { OperationResult } from './operations.ts'

export { PERMISSIONS, type Permission, ROLES, type Role }

export interface OrganisationView {
  readonly id: string
  readonly name: string
  readonly domain: string
  readonly createdAt: number
  readonly extensions: number
  /** Null where it cannot be told: the part that knows people does not run. */
  readonly people: number | null
}

export interface PersonRow {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: Role
  /** Domain; null: of the whole installation. */
  readonly organisation: string | null
  readonly extension: string | null
  readonly state: 'invited' | 'active' | 'suspended'
  readonly passkeys: number
  readonly passwordAndCodes: boolean
  readonly recoveryCodesLeft: number
  readonly sessions: number
  readonly createdAt: number
  readonly lastSignInAt: number | null
}

/** The link is shown once and kept nowhere. */
export interface InvitationView {
  readonly email: string
  readonly role: Role
  readonly organisation: string | null
  readonly url: string
  readonly expiresAt: number
}

export interface RecoveryView extends InvitationView {
  /** The person had factors: using the link replaces them all. */
  readonly replacesFactors: boolean
}

export interface SessionRow {
  readonly id: string
  readonly email: string
  readonly method: string
  readonly address: string
  readonly userAgent: string
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly endsAt: number
}

export interface ApiKeyRow {
  readonly id: string
  readonly name: string
  readonly organisation: string | null
  readonly scopes: readonly Permission[]
  readonly networks: readonly string[]
  readonly createdAt: number
  readonly createdBy: string
  readonly expiresAt: number
  readonly lastUsedAt: number | null
}

/** The secret is shown once and kept nowhere. */
export interface NewApiKeyView extends ApiKeyRow {
  readonly secret: string
}

/** `organisation`: id or domain; null: the whole installation; undefined: the first one. */
interface Where {
  readonly organisation?: string | null
}

export interface PeopleOperations {
  peopleList(): Promise<OperationResult<readonly PersonRow[]>>
  peopleInvite(
    input: Where & {
      readonly email: string
      readonly name: string
      readonly role: Role
      readonly extension?: string
    },
  ): Promise<OperationResult<InvitationView>>
  /** The link of the first owner, while nobody is one. */
  peopleLink(): Promise<OperationResult<InvitationView>>
  /** Break-glass: sessions end now, and the new link replaces every factor. */
  peopleRecover(input: { readonly email: string; readonly reason: string }): Promise<OperationResult<RecoveryView>>
  peopleSuspend(input: { readonly email: string; readonly reason: string }): Promise<OperationResult<PersonRow>>
  peopleRestore(input: { readonly email: string; readonly reason: string }): Promise<OperationResult<PersonRow>>
  /** `extension` null takes it away. */
  peopleRole(input: {
    readonly email: string
    readonly role: Role
    readonly extension?: string | null
  }): Promise<OperationResult<PersonRow>>
  peopleRemove(input: { readonly email: string }): Promise<OperationResult<{ readonly email: string }>>
  /** Of one person, or of all. */
  peopleSessions(input: { readonly email?: string }): Promise<OperationResult<readonly SessionRow[]>>
  /** One session by its id, or all of a person. */
  peopleRevoke(
    input: { readonly session: string } | { readonly email: string },
  ): Promise<OperationResult<{ readonly ended: number }>>
  apiKeyList(): Promise<OperationResult<readonly ApiKeyRow[]>>
  apiKeyAdd(
    input: Where & {
      readonly name: string
      readonly scopes: readonly Permission[]
      readonly networks: readonly string[]
      readonly seconds: number
    },
  ): Promise<OperationResult<NewApiKeyView>>
  /** By id, or by name where only one key has it. */
  apiKeyRemove(input: {
    readonly key: string
  }): Promise<OperationResult<{ readonly id: string; readonly name: string }>>
  organisationList(): Promise<OperationResult<readonly OrganisationView[]>>
  organisationAdd(input: { readonly name: string; readonly domain: string }): Promise<OperationResult<OrganisationView>>
}

/** The longest life of a key, in seconds. */
export const LONGEST_KEY_SECONDS = 365 * 86_400

const shortText = z.string().max(256)
const email = z.string().min(1).max(320)
const role = z.enum(ROLES, `is no role: ${ROLES.join(', ')}`)
const reason = z
  .string()
  .regex(/^(?=.*\S)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,500}$/u, 'is no reason: 1 to 500 characters on one line')
const organisation = shortText.nullable().exactOptional()
const nothing = z.strictObject({})
const networkText = z
  .string()
  .max(64)
  .refine(text => parseNetwork(text) !== undefined, 'is no network such as 192.0.2.0/24 or 2001:db8::/48')

export const PEOPLE_SCHEMAS = {
  peopleList: nothing,
  peopleInvite: z.strictObject({ email, name: shortText, role, extension: shortText.exactOptional(), organisation }),
  peopleLink: nothing,
  peopleRecover: z.strictObject({ email, reason }),
  peopleSuspend: z.strictObject({ email, reason }),
  peopleRestore: z.strictObject({ email, reason }),
  peopleRole: z.strictObject({ email, role, extension: shortText.nullable().exactOptional() }),
  peopleRemove: z.strictObject({ email }),
  peopleSessions: z.strictObject({ email: email.exactOptional() }),
  peopleRevoke: z.union([z.strictObject({ session: shortText }), z.strictObject({ email })]),
  apiKeyList: nothing,
  apiKeyAdd: z.strictObject({
    name: shortText,
    scopes: z.array(z.enum(PERMISSIONS, 'is no scope; docs/people.md lists them')).min(1).max(PERMISSIONS.length),
    networks: z.array(networkText).max(64),
    seconds: z.int().min(60).max(LONGEST_KEY_SECONDS),
    organisation,
  }),
  apiKeyRemove: z.strictObject({ key: shortText }),
  organisationList: nothing,
  organisationAdd: z.strictObject({ name: shortText, domain: shortText }),
} as const satisfies Record<keyof PeopleOperations, z.ZodType>
