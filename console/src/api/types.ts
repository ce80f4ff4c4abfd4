/** What the interface answers: as in its OpenAPI document (`/api/openapi.json`). */

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

export interface Extension {
  readonly number: string
  readonly name: string
  readonly state: 'active' | 'suspended'
  readonly suspendedReason: string | null
  readonly devices: number
  readonly registered: number
}

export interface Device {
  readonly extension: string
  readonly username: string
  readonly label: string
  readonly registered: boolean
  readonly userAgent: string | null
  readonly sourceAddress: string | null
  readonly protocol: string | null
  readonly authentication: string | null
  readonly weaker: boolean
  readonly allowInsecureImportedSecret: boolean
  readonly expiresAt: number | null
}

export interface DeviceCredentials {
  readonly username: string
  readonly domain: string
  readonly password: string
  readonly registrar: string
  readonly outboundProxy: string
  readonly ca: string
}

export interface ExtensionCalling {
  readonly extension: string
  readonly callerId: string | null
  readonly privacy: boolean
  readonly doNotDisturb: boolean
  readonly forwardAlways: string | null
  readonly forwardBusy: string | null
  readonly forwardNoAnswer: string | null
  readonly forwardUnreachable: string | null
  readonly noAnswerSeconds: number
  readonly anonymous: 'accept' | 'reject'
  readonly maximumCalls: number
  readonly emergencyLocationText: string | null
}

export interface Calling {
  readonly country: string
  readonly outsidePrefix: string | null
  readonly areaCode: string | null
  readonly openCountries: readonly string[]
  readonly openClasses: readonly string[]
  readonly defaultCallerId: string | null
  readonly timeZone: string
  readonly hours: readonly { readonly days: readonly number[]; readonly from: string; readonly to: string }[]
  readonly holidays: readonly string[]
  readonly offNetForwarding: boolean
  readonly emergencyLocation: string | null
  readonly emergencyLocationText: string | null
  readonly emergencyNotify: readonly string[]
}

export interface LiveCall {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly state: 'ringing' | 'answered' | 'held' | 'ending'
  readonly startedAt: number
  readonly answeredAt: number | null
  readonly legs: readonly {
    readonly number: string
    readonly username: string | null
    readonly signalling: string
    readonly media: string | null
    readonly codec: string | null
    readonly mos: number | null
    readonly trunk?: string
  }[]
}

export interface MediaSide {
  readonly suite?: string
  readonly codec?: string
  readonly mos?: number
  readonly packetsReceived?: number
  readonly packetsLost?: number
  readonly jitterMs?: number
  readonly [name: string]: unknown
}

export interface PastCall {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly startedAt: number
  readonly answeredAt?: number
  readonly endedAt?: number
  readonly end?: { readonly side: string; readonly cause: string; readonly sipCode: number }
  readonly legs: readonly {
    readonly direction: 'in' | 'out'
    readonly number: string
    readonly trunk?: string
    readonly userAgent: string
    readonly signalling: { readonly protocol: string; readonly tls?: string; readonly cipher?: string }
    readonly sourceAddress: string
    readonly authentication?: string
    readonly attestation?: string
    readonly media?: MediaSide
  }[]
}

export interface CallMessages {
  readonly legs: readonly { readonly id: string; readonly direction: 'in' | 'out'; readonly number: string }[]
  readonly messages: readonly CallMessage[]
}

export interface CallMessage {
  readonly at: number
  /** Id of one of the legs. */
  readonly leg: string
  /** `in` came to us. */
  readonly direction: 'in' | 'out'
  readonly protocol: string
  readonly local: { readonly address: string; readonly port: number }
  readonly remote: { readonly address: string; readonly port: number }
  readonly line: string
  readonly text: string
}

export interface LoggedEvent {
  readonly position: number
  readonly event: {
    readonly id: string
    readonly type: string
    readonly at: number
    readonly severity: 'info' | 'notice' | 'warning' | 'error' | 'critical'
    readonly organisationId?: string
    readonly data: Readonly<Record<string, unknown>>
  }
}

export interface Trunk {
  readonly name: string
  readonly host: string
  readonly port: number | null
  readonly transport: 'TLS' | 'TCP' | 'UDP'
  readonly purpose: 'provider' | 'pbx'
  readonly state: 'enabled' | 'disabled'
  readonly register: boolean
  readonly username: string | null
  readonly hasPassword: boolean
  readonly weakened: readonly string[]
  readonly live: {
    readonly health: string
    readonly problem: string | null
    readonly registeredUntil: number | null
    readonly calls: number
    readonly tls: string | null
    readonly remote: string | null
    readonly roundTrip: number | null
  } | null
}

export interface OwnedNumber {
  readonly e164: string
  readonly label: string
  readonly target: string
  readonly afterHours: string | null
  readonly anonymous: 'accept' | 'reject'
}

export interface Deck {
  readonly source: 'imported' | 'built-in'
  readonly name: string
  readonly currency: string
  readonly rates: number | null
  readonly importedAt: number | null
}

export interface Status {
  readonly version: string
  readonly node: string
  readonly startedAt: number
  readonly domain: string
  readonly listeners: readonly {
    readonly transport: string
    readonly address: string
    readonly port: number
    readonly insecure: boolean
    readonly expiresAt: number | null
  }[]
  readonly certificate: {
    readonly subject: string
    readonly names: readonly string[]
    readonly notAfter: number
    readonly fingerprint: string
    readonly issuer: string
  }
  readonly extensions: number
  readonly devices: number
  readonly registrations: number
  readonly liveCalls: number
  readonly trunks: readonly {
    readonly name: string
    readonly state: string
    readonly health: string
    readonly problem: string | null
    readonly calls: number
    readonly weakened: readonly string[]
  }[]
  readonly store: 'available' | 'unavailable'
  readonly weakened: readonly string[]
}

export interface FraudStatus {
  readonly currency: string
  readonly spentToday: string
  readonly capToday: string
  readonly spentThisMonth: string
  readonly capThisMonth: string
  readonly suspended: readonly string[]
  readonly decisionsInForce: number
  readonly waiting: number
  readonly deck: Deck
  readonly stoppedToday: number
  readonly preventedToday: string | null
  readonly firing: readonly { readonly rule: string; readonly found: number; readonly dryRun: boolean }[]
  readonly blocked: readonly Block[]
  readonly officeOpen: boolean
}

export interface Block {
  readonly prefix: string
  readonly decision: string
  readonly rule: string
  readonly reason: string
  readonly expiresAt: number | null
}

export interface FraudDecision {
  readonly id: string
  readonly at: number
  readonly rule: string
  readonly payer: string
  readonly also: readonly string[]
  readonly response: string
  readonly mode: 'on' | 'dry-run'
  readonly reason: string
  readonly evidence: Readonly<Record<string, string>>
  readonly callId: string | null
  readonly prefix: string | null
  readonly approval: { readonly kind: string; readonly value: string } | null
  readonly expiresAt: number | null
  readonly count: number
  readonly state: string
}

export interface Approval {
  readonly id: string
  readonly at: number
  readonly payer: string
  readonly kind: string
  readonly value: string
  readonly rule: string
  readonly reason: string
  readonly expiresAt: number | null
}

export interface FraudRule {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly mode: 'on' | 'dry-run'
  readonly response: string | null
  readonly thresholds: readonly { readonly name: string; readonly value: number; readonly standard: number }[]
}

export type CapName = 'call' | 'extensionDay' | 'organisationDay' | 'organisationMonth' | 'riskyDay'

export interface Budget {
  readonly currency: string
  readonly timeZone: string
  readonly caps: Readonly<Record<CapName, string>>
  readonly extensionDayCaps: Readonly<Record<string, string>>
  readonly maximumCallSeconds: number
  readonly reserved: string | null
  readonly lines: readonly {
    readonly scope: string
    readonly payer: string
    readonly period: string
    readonly charged: string
    readonly cap: string
    readonly perMille: number
  }[]
}

export interface SourceDecision {
  readonly id: string
  readonly target: string
  readonly action: 'ban' | 'back-off' | 'allow'
  readonly rule: string
  readonly reason: string
  readonly origin: string
  readonly mode: 'on' | 'dry-run'
  readonly at: number
  readonly expiresAt: number | null
  readonly repeat: number
}

export interface BlockList {
  readonly name: string
  readonly from: string
  readonly form: string
  readonly mode: 'on' | 'dry-run'
  readonly entries: number
  readonly remark: string | null
  readonly readAt: number | null
  readonly nextAt: number | null
  readonly isStale: boolean
  readonly problem: string | null
}

export interface FirewallStatus {
  readonly stopped: readonly { readonly rule: string; readonly lastHour: number; readonly lastDay: number }[]
  readonly sources: readonly {
    readonly source: string
    readonly country: string | null
    readonly stopped: number
    readonly rule: string
  }[]
  readonly bans: number
  readonly backOffs: number
  readonly allowed: number
  readonly lists: readonly BlockList[]
  readonly kernel: { readonly state: string; readonly detail: string }
}

export interface SourceExplanation {
  readonly subject: string
  readonly verdict: string
  readonly because: readonly string[]
  readonly decisions: readonly SourceDecision[]
  readonly undo: string | null
}

/** What people were told of. */
export interface AlertView {
  readonly id: string
  readonly type: string
  readonly at: number
  readonly urgency: 'warning' | 'error' | 'critical'
  readonly title: string
  readonly happened: string
  readonly who: string
  readonly done: string
  readonly advice: string | null
  readonly details: Readonly<Record<string, string>>
  readonly state: 'open' | 'acknowledged' | 'decided' | 'told'
  readonly answeredAt: number | null
  readonly answeredBy: string | null
  readonly comment: string | null
  readonly escalatedAt: number | null
  readonly sent: readonly string[]
}

/** A question to the log that is kept by name. */
export interface SavedSearch {
  readonly name: string
  readonly q: string
  readonly tell: { readonly more: number; readonly minutes: number } | null
  readonly changedAt: number
  readonly changedBy: string
}

export interface LogCounts {
  readonly by: readonly string[]
  readonly groups: readonly { readonly values: readonly string[]; readonly at: number | null; readonly count: number }[]
  readonly total: number
  readonly partial: boolean
}

/** What a call to a number costs. */
export interface PriceView {
  readonly e164: string
  readonly country: string | null
  readonly currency: string
  readonly perMinute: string
  readonly connectionFee: string
  readonly minimumSeconds: number
  readonly incrementSeconds: number
  /** Of the rate that counts: digits without `+`. */
  readonly prefix: string
  readonly name: string
  readonly closed: string | null
}

/** What rules would have done to calls of the past. */
export interface Backtest {
  readonly days: number
  readonly partial: boolean
  readonly calls: number
  readonly stopped: number
  readonly currency: string
  readonly spent: string
  readonly spentWithout: string
  readonly suspended: readonly string[]
  readonly rules: readonly {
    readonly rule: string
    readonly stopped: number
    readonly asked: number
    readonly saved: string
  }[]
  readonly examples: readonly {
    readonly call: string
    readonly at: number
    readonly extension: string
    readonly to: string
    readonly rule: string
    readonly reason: string
  }[]
}
