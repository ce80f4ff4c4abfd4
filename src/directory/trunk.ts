/** A trunk: a provider that leads to the public network, or a PBX behind us. */
import type { OrganisationId, TrunkId } from '../base/ids.ts'
import type { Secret } from '../base/secret.ts'

/** How a number is written in a Request-URI to the trunk: `+4930…`, `4930…`, or as dialled at home with the national prefix. */
export type NumberFormat = '+e164' | 'e164' | 'national'

export type TrunkTransport = 'TLS' | 'TCP' | 'UDP'

export interface Trunk {
  readonly id: TrunkId
  readonly organisationId: OrganisationId
  /** 1-32 of `a-z`, `0-9`, `-`; unique in the organisation. */
  readonly name: string
  /** `provider`: calls to the public network. `pbx`: an exchange behind us, whose own calls go out by our providers. */
  readonly purpose: 'provider' | 'pbx'
  readonly state: 'enabled' | 'disabled'
  /** Host name or address literal of the peer; with a name and no port, RFC 3263 decides. */
  readonly host: string
  readonly port: number | undefined
  /** TCP and UDP need `allowInsecureSignalling`. */
  readonly transport: TrunkTransport
  readonly allowInsecureSignalling: boolean
  /** Plain RTP towards this peer. Without it: SRTP or no call. */
  readonly allowInsecureMedia: boolean
  /** Networks (CIDR) whose requests are this trunk's: never banned. Required for a peer that does not register us. */
  readonly sources: readonly string[]
  /** Names that the peer's certificate may carry (RFC 5922 §7.1). Empty: the host. */
  readonly certificateNames: readonly string[]
  /** PEM of an authority that is trusted for this peer beside the system's. */
  readonly certificateAuthority: string | undefined
  /** Registers there (RFC 3261 §10.2), so that calls reach us over that connection. */
  readonly register: boolean
  /** For challenges of the peer; undefined: it knows us by address or certificate. */
  readonly username: string | undefined
  readonly password: Secret | undefined
  /** Domain of our address of record there. Default: the host. */
  readonly domain: string | undefined
  /** Smaller first; among equals by weight (as RFC 2782). */
  readonly priority: number
  readonly weight: number
  readonly maximumCalls: number
  readonly callsPerSecond: number
  readonly numberFormat: NumberFormat
  /** Sign outgoing calls (RFC 8224). */
  readonly signIdentity: boolean
  readonly createdAt: number
}
