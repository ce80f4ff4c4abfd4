/** People, their factors, sessions and keys. */

export type Role = 'owner' | 'administrator' | 'security' | 'helpdesk' | 'auditor' | 'user'

export interface Person {
  readonly id: string
  readonly organisationId: string | null
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly extension: string | null
  readonly state: 'invited' | 'active' | 'suspended'
}

export interface Session {
  readonly person: Person
  readonly organisation: { readonly id: string; readonly name: string; readonly domain: string }
  readonly installation: boolean
  readonly permissions: readonly string[]
  readonly csrf: string
  readonly steppedUpUntil: number
  readonly idleUntil: number
  readonly until: number
  readonly method: string
  readonly mustEnrol: boolean
}

export interface Factors {
  readonly passkeys: readonly {
    readonly id: string
    readonly label: string
    readonly createdAt: number
    readonly lastUsedAt: number | null
    readonly backedUp: boolean
  }[]
  readonly password: { readonly changedAt: number } | null
  readonly totp: { readonly createdAt: number } | null
  readonly recoveryCodesLeft: number
}

export interface PersonView extends Person {
  readonly createdAt: number
  readonly lastSignInAt: number | null
  readonly factors: Factors
  readonly sessions: number
}

export interface SessionView {
  readonly id: string
  readonly personId: string
  readonly method: string
  readonly address: string
  readonly userAgent: string
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly until: number
  /** The one that asks; of one's own only. */
  readonly current?: boolean
}

export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly networks: readonly string[]
  readonly createdAt: number
  readonly createdBy: string
  readonly expiresAt: number
  readonly lastUsedAt: number | null
}

export interface Enrolment {
  readonly enrolment: string
  readonly person: Person
  readonly passkey: never
  readonly totp: { readonly secret: string; readonly uri: string; readonly qr: string }
  readonly expiresAt: number
  readonly recovery: boolean
  readonly needsName: boolean
}
