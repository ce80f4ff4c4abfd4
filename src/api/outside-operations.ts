/**
 * What an operator can ask about the way to the outside: trunks, numbers, groups, how the organisation and its extensions call.
 * In inputs null takes a value away; what is left out stays. A target is text, see `target-text.ts`.
 */
import type { OfficeHours } from '../directory/calling.ts'
import type { RingStrategy } from '../directory/number.ts'
import type { NumberFormat, TrunkTransport } from '../directory/trunk.ts'
import type { TrunkHealth, TrunkTest } from '../trunk/types.ts'
import type { OperationResult } from './operations.ts'

export interface TrunkSettings {
  readonly host: string
  readonly port: number | null
  readonly transport: TrunkTransport
  readonly purpose: 'provider' | 'pbx'
  readonly allowInsecureSignalling: boolean
  readonly allowInsecureMedia: boolean
  readonly sources: readonly string[]
  readonly certificateNames: readonly string[]
  readonly register: boolean
  readonly username: string | null
  readonly domain: string | null
  readonly priority: number
  readonly weight: number
  readonly maximumCalls: number
  readonly callsPerSecond: number
  readonly numberFormat: NumberFormat
  readonly signIdentity: boolean
}

export interface TrunkChange extends Partial<TrunkSettings> {
  readonly name: string
  readonly state?: 'enabled' | 'disabled'
  /** Kept sealed, and in no view. */
  readonly password?: string | null
  /** PEM. */
  readonly certificateAuthority?: string | null
}

export interface TrunkView extends TrunkSettings {
  readonly name: string
  readonly state: 'enabled' | 'disabled'
  readonly hasPassword: boolean
  /** The authority that is trusted for this peer beside the system's. */
  readonly certificateAuthority: {
    readonly subject: string
    readonly fingerprint: string
    readonly notAfter: number
  } | null
  /** What is not encrypted towards it: `allowInsecure…` in force. */
  readonly weakened: readonly string[]
  /** Null where no server runs: nobody knows. */
  readonly live: {
    readonly health: TrunkHealth
    readonly problem: string | null
    readonly registeredUntil: number | null
    readonly calls: number
    /** `TLSv1.3 TLS_AES_256_GCM_SHA384`; null on a connection that is not encrypted, and where there is none. */
    readonly tls: string | null
    readonly remote: string | null
    /** Milliseconds. */
    readonly roundTrip: number | null
  } | null
}

/** What `status` says of each trunk. */
export interface TrunkSummary {
  readonly name: string
  readonly purpose: 'provider' | 'pbx'
  readonly state: 'enabled' | 'disabled'
  readonly health: TrunkHealth
  readonly problem: string | null
  readonly calls: number
  readonly weakened: readonly string[]
}

export interface NumberView {
  readonly e164: string
  readonly label: string
  readonly target: string
  readonly afterHours: string | null
  readonly anonymous: 'accept' | 'reject'
}

export interface NumberChange {
  readonly e164: string
  readonly label?: string
  readonly target?: string
  readonly afterHours?: string | null
  readonly anonymous?: 'accept' | 'reject'
}

export interface GroupView {
  readonly number: string
  readonly name: string
  readonly strategy: RingStrategy
  readonly members: readonly string[]
  readonly stepSeconds: number
  readonly otherwise: string | null
}

export interface GroupChange {
  readonly number: string
  readonly name?: string
  readonly strategy?: RingStrategy
  readonly members?: readonly string[]
  readonly stepSeconds?: number
  readonly otherwise?: string | null
}

export interface CallingView {
  readonly country: string
  readonly outsidePrefix: string | null
  readonly areaCode: string | null
  readonly openCountries: readonly string[]
  readonly openClasses: readonly ('special-service' | 'fraud-prone')[]
  readonly defaultCallerId: string | null
  readonly timeZone: string
  readonly hours: readonly OfficeHours[]
  readonly holidays: readonly string[]
  readonly offNetForwarding: boolean
  readonly emergencyLocation: string | null
  readonly emergencyLocationText: string | null
  readonly emergencyNotify: readonly string[]
}

export type CallingChange = Partial<CallingView>

export interface ExtensionCallingView {
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

export interface ExtensionCallingChange extends Partial<Omit<ExtensionCallingView, 'extension'>> {
  readonly extension: string
}

/** What a dialled number would do. Exactly these keys: scripts read them. */
export interface DialView {
  /** Null where it is no number of the public network: an extension, a function, an emergency number. */
  readonly e164: string | null
  readonly class: 'ordinary' | 'special-service' | 'fraud-prone' | 'emergency' | 'internal' | null
  readonly verdict: 'allowed' | 'denied'
  /** Names of trunks in the order in which they are tried, or one target (`extension:101`); empty where it is denied. */
  readonly route: readonly string[]
  /** The number that the other side sees; null where none is sent. */
  readonly callerId: string | null
  readonly reason: string
}

type Outcome<T> = Promise<OperationResult<T>>
type Named = { readonly name: string }

export interface OutsideOperations {
  trunkAdd(input: TrunkChange & { readonly host: string }): Outcome<TrunkView>
  trunkList(): Outcome<readonly TrunkView[]>
  trunkShow(input: Named): Outcome<TrunkView>
  trunkChange(input: TrunkChange): Outcome<TrunkView>
  /** Needs the running server: its connection is the one that is judged. */
  trunkTest(input: Named): Outcome<TrunkTest>
  trunkRemove(input: Named): Outcome<Named>
  numberAdd(input: NumberChange & { readonly target: string }): Outcome<NumberView>
  numberList(): Outcome<readonly NumberView[]>
  numberRoute(input: NumberChange): Outcome<NumberView>
  numberRemove(input: { readonly e164: string }): Outcome<{ readonly e164: string }>
  groupAdd(input: GroupChange & { readonly members: readonly string[] }): Outcome<GroupView>
  groupList(): Outcome<readonly GroupView[]>
  groupChange(input: GroupChange): Outcome<GroupView>
  groupRemove(input: { readonly number: string }): Outcome<{ readonly number: string }>
  callingShow(): Outcome<CallingView>
  callingChange(input: CallingChange): Outcome<CallingView>
  extensionCallingShow(input: { readonly extension: string }): Outcome<ExtensionCallingView>
  extensionCallingChange(input: ExtensionCallingChange): Outcome<ExtensionCallingView>
  /** Places nothing. */
  dialDryRun(input: { readonly number: string; readonly from: string }): Outcome<DialView>
}
