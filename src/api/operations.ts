/**
 * What an operator can ask of a system: the one list of operations behind the commands, the control socket and, later, the
 * administration API. Implemented in `main.ts`'s composition; a command reaches it through the control socket while
 * the server runs, and in its own process on the store when it does not.
 */
import type { CallRecord } from '../call/call-record.ts'
import type { DirectoryRefusal } from '../directory/types.ts'
import type { EventQuery, LoggedEvent } from '../events/event-log.ts'
import type { IdentityErrorCode } from '../identity/errors.ts'
import type { SearchOperations } from './search-operations.ts'
import type { AlertOperations } from './alert-operations.ts'
import type { DetectionOperations } from './detection-operations.ts'
import type { TraceOperations } from './trace-operations.ts'
import type { ExportOperations } from './export-operations.ts'
import type { FirewallOperations } from './firewall-operations.ts'
import type { FraudOperations, FraudSummary } from './fraud-operations.ts'
import type { LogOperations } from './log-operations.ts'
import type { OutsideOperations, TrunkSummary } from './outside-operations.ts'
import type { PeopleOperations } from './people-operations.ts'

export type OperationResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: OperationError }

export interface OperationError {
  readonly code:
    | DirectoryRefusal['code']
    | IdentityErrorCode
    /** The input of an operation does not fit its schema. */
    | 'OPERATION_INVALID'
    /** There is no such call, or it is of another organisation. */
    | 'CALL_UNKNOWN'
    /** A question to the log cannot be read: where, and what was expected. */
    | 'QUERY_INVALID'
    /** No search is saved by that name. */
    | 'SEARCH_UNKNOWN'
    /** There are as many as are kept. */
    | 'SEARCH_REFUSED'
    /** The end of an id has to say which. */
    | 'ALERT_UNKNOWN'
    /** Toll-fraud control knows no such rule, decision, upload or blocked destination. */
    | 'FRAUD_UNKNOWN'
    /** Toll-fraud control does not take this. */
    | 'FRAUD_REFUSED'
    /** The firewall does not take this: it says why, and what it takes. */
    | 'FIREWALL_REFUSED'
    /** There is no such rule. */
    | 'DETECTION_UNKNOWN'
    /** Rules or streams that are not taken: it says why. */
    | 'DETECTION_REFUSED'
    /** There is no such export. */
    | 'EXPORT_UNKNOWN'
    /** An export does not take this: it says why. */
    | 'EXPORT_REFUSED'
    /** Only a running server can answer this, and none runs. */
    | 'OPERATION_NEEDS_SERVER'
    /** The operation failed for another reason: a fault of ours. */
    | 'OPERATION_FAILED'
    /** The database is away at the moment. */
    | 'STORE_UNAVAILABLE'
  readonly message: string
}

export interface ExtensionView {
  readonly number: string
  readonly name: string
  readonly state: 'active' | 'suspended'
  readonly suspendedReason: string | null
  readonly devices: number
  readonly registered: number
}

export interface DeviceView {
  readonly extension: string
  readonly username: string
  readonly label: string
  readonly registered: boolean
  readonly userAgent: string | null
  readonly sourceAddress: string | null
  readonly protocol: string | null
  /** The digest of the last registration; MD5 is weaker. */
  readonly authentication: string | null
  readonly weaker: boolean
  readonly allowInsecureImportedSecret: boolean
  readonly expiresAt: number | null
}

/** Everything that a phone needs; the password is shown once and kept nowhere. */
export interface DeviceCredentials {
  readonly username: string
  readonly domain: string
  readonly password: string
  /** `sip:DOMAIN` */
  readonly registrar: string
  /** `sip:ADDRESS:PORT;transport=tls` */
  readonly outboundProxy: string
  /** Path of the CA certificate in PEM that the phone has to trust. */
  readonly ca: string
}

export interface ImportedDevice {
  readonly extension: string
  readonly username: string
  readonly password?: string
  readonly ha1Md5?: string
  readonly ha1Sha256?: string
}

export interface LegView {
  readonly number: string
  readonly username: string | null
  readonly signalling: string
  readonly media: string | null
  readonly codec: string | null
  readonly mos: number | null
  /** Name of the trunk, where the far end is outside. */
  readonly trunk?: string | undefined
  /** Of a caller from outside: `A`, `B`, `C`, or `failed`. */
  readonly attestation?: string | undefined
}

export interface LiveCall {
  readonly id: string
  readonly organisationId: string
  readonly from: string
  readonly to: string
  readonly state: 'ringing' | 'answered' | 'held' | 'ending'
  readonly startedAt: number
  readonly answeredAt: number | null
  readonly legs: readonly LegView[]
}

export interface ListenerView {
  readonly transport: string
  readonly address: string
  readonly port: number
  readonly insecure: boolean
  readonly expiresAt: number | null
  readonly sources: readonly string[]
}

/** What the running server holds in memory for its peers: all of it returns to nearly nothing when they are quiet. */
export interface HeldState {
  readonly connections: number
  /** TLS handshakes and WebSocket upgrades under way. */
  readonly handshakes: number
  readonly udpFlows: number
  readonly serverTransactions: number
  readonly clientTransactions: number
  /** Requests whose answer is kept for retransmissions, at most 32 s. */
  readonly answeredRequests: number
  /** Times that transactions wait for. */
  readonly timers: number
  /** Legs of calls, those included that only wait for an ACK. */
  readonly legs: number
  /** Media of calls; a moment longer there than the call. */
  readonly bridges: number
  /** Sources that are banned now. */
  readonly bans: number
  readonly heapBytes: number
  readonly residentBytes: number
}

export interface SystemStatus {
  readonly version: string
  readonly node: string
  readonly startedAt: number
  readonly domain: string
  readonly listeners: readonly ListenerView[]
  readonly certificate: {
    readonly subject: string
    readonly names: readonly string[]
    readonly notAfter: number
    readonly fingerprint: string
    readonly issuer: string
  }
  readonly ca: string
  readonly extensions: number
  readonly devices: number
  readonly registrations: number
  readonly liveCalls: number
  /** Those of the organisation, enabled or not. */
  readonly trunks: readonly TrunkSummary[]
  /** Null where it cannot be told now: the store is away. */
  readonly fraud: FraudSummary | null
  /** Null while new calls are taken; else since when they are not, and when live ones are ended. */
  readonly draining: { readonly since: number; readonly endsAt: number } | null
  readonly held: HeldState
  readonly store: 'available' | 'unavailable'
  readonly weakened: readonly string[]
}

export interface StopView {
  /** Of the server, which has stopped when this process is gone. */
  readonly pid: number
  readonly liveCalls: number
  /** When calls that are still up are ended. */
  readonly endsAt: number
}

/** Part of a list that is in order of its names: at most `limit` of those after `after`. */
export interface Slice {
  readonly after?: string
  readonly limit?: number
}

export interface DeviceChange {
  readonly extension: string
  readonly label?: string
}

export interface Operations
  extends OutsideOperations,
    FraudOperations,
    FirewallOperations,
    AlertOperations,
    SearchOperations,
    LogOperations,
    ExportOperations,
    DetectionOperations,
    TraceOperations,
    PeopleOperations {
  status(): Promise<OperationResult<SystemStatus>>
  /** Takes no new calls from now on; stops when the live ones have ended, after `drainSeconds` at most. */
  systemStop(input: { readonly drainSeconds: number }): Promise<OperationResult<StopView>>
  extensionAdd(input: { readonly number: string; readonly name: string }): Promise<OperationResult<ExtensionView>>
  /** By number, in ascending order of its characters where `limit` is given. */
  extensionList(input?: Slice & { readonly number?: string }): Promise<OperationResult<readonly ExtensionView[]>>
  extensionSuspend(input: { readonly number: string; readonly reason: string }): Promise<OperationResult<ExtensionView>>
  extensionRestore(input: { readonly number: string; readonly reason: string }): Promise<OperationResult<ExtensionView>>
  extensionRemove(input: {
    readonly number: string
  }): Promise<OperationResult<{ readonly number: string; readonly devices: number }>>
  deviceAdd(input: DeviceChange): Promise<OperationResult<DeviceCredentials>>
  /** By user name, in ascending order where `limit` is given. */
  deviceList(
    input: Slice & { readonly extension?: string; readonly username?: string },
  ): Promise<OperationResult<readonly DeviceView[]>>
  deviceRemove(input: { readonly username: string }): Promise<OperationResult<{ readonly username: string }>>
  deviceImport(input: {
    readonly devices: readonly ImportedDevice[]
  }): Promise<OperationResult<{ readonly imported: number }>>
  callsLive(): Promise<OperationResult<readonly LiveCall[]>>
  callsPast(input: {
    readonly limit: number
    readonly before?: number
  }): Promise<OperationResult<readonly CallRecord[]>>
  callShow(input: { readonly id: string }): Promise<OperationResult<CallRecord>>
  events(input: EventQuery): Promise<OperationResult<readonly LoggedEvent[]>>
  /** Waits up to `waitMs` for events after `after`; for `--follow`. */
  eventsFollow(input: {
    readonly after: number
    readonly types?: EventQuery['types']
    readonly waitMs: number
  }): Promise<OperationResult<readonly LoggedEvent[]>>
}
