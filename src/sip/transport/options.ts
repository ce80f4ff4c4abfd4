/** What a transport layer is made of. */
import type { Clock } from '../../base/clock.ts'
import type { Network } from '../../base/network.ts'
import type { MessageLimits, SipRequest } from '../message/types.ts'
import type { TransportLimits } from './limits.ts'
import type { Resolver } from './dns-cache.ts'
import type { Flow, InboundFilter, TransportObserver, TransportProtocol } from './types.ts'

export interface ListenerOptions {
  readonly protocol: TransportProtocol
  /** IPv4 or IPv6 address; `0.0.0.0` and `::` (IPv6 only) are all of a family. */
  readonly address: string
  /** 0 takes a free port. */
  readonly port: number
  /** Shown as `Listener.insecure`. Default: true for UDP, TCP and WS. */
  readonly insecure?: boolean
  /** Networks that are heard; the rest get silence. Default: all. */
  readonly sources?: readonly Network[]
}

/** A certificate and its key, PEM. Used for TLS and WSS listeners, and shown as client certificate to peers that ask. */
export interface TlsIdentity {
  /** Leaf first, then intermediates. ECDSA P-256 makes a handshake several times cheaper than RSA. */
  readonly certificateChainPem: string
  readonly privateKeyPem: string
  /** A second pair of another key type, for peers that cannot verify the first. */
  readonly alternative?: { readonly certificateChainPem: string; readonly privateKeyPem: string }
  /** When present, clients are asked for a certificate, and `trusted` says whether it chains to one of these. */
  readonly clientCaPem?: string
}

export interface TransportLayerOptions {
  readonly listeners: readonly ListenerOptions[]
  /** Needed by TLS and WSS listeners. */
  readonly tls: TlsIdentity | undefined
  /** Authorities that peers which we connect to must chain to. Default: the runtime's. */
  readonly trustedCaPem?: readonly string[]
  readonly limits?: Partial<TransportLimits>
  /** DNS client for RFC 3263. Default: the system's name servers. */
  readonly resolver?: Resolver
  readonly filter?: InboundFilter
  readonly observer?: TransportObserver
  readonly clock: Clock
  readonly messageLimits?: Partial<MessageLimits>
  /** Whether a message that cannot be accepted is answered on this flow (400, 416, 505 …). Default: yes. */
  readonly mayAnswer?: (flow: Flow) => boolean
  /** Whether this one is: asked after `mayAnswer`, once for each. Default: yes. */
  readonly mayRefuse?: (request: SipRequest, flow: Flow) => boolean
  /** False: UDP through `dgram` alone, without `node:ffi`. Default: native code where the platform has it (ADR 0011). */
  readonly nativeCode?: boolean
  /** Sources whose connections are not counted per source. Loopback never is. Default: none. */
  readonly exemptSources?: readonly Network[]
  /** Sources that may have ten times the connections of a stranger. Default: none. */
  readonly isTrustedSource?: (address: string) => boolean
  /** `https://HOST[:PORT]` of pages of other hosts whose scripts may open a WebSocket. Default: none. */
  readonly webSocketOrigins?: readonly string[]
}
