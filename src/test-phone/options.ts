/** What a test phone is told. */
import type { Clock } from '../base/clock.ts'
import type { SuiteName } from '../media/srtp/index.ts'
import type { PhoneEndpoint } from './endpoint.ts'
import type { CodecName } from './g711.ts'

export type PhoneTransport = 'tls' | 'tcp' | 'udp' | 'ws' | 'wss'

export interface OutboundProxy {
  readonly address: string
  readonly port: number
  readonly transport: PhoneTransport
}

export interface EndpointOptions {
  readonly outboundProxy: OutboundProxy
  /** Name that the server's certificate has to carry. Default: the proxy's address. */
  readonly serverName?: string
  /** Authority that the server's certificate has to chain to. */
  readonly caPem?: string
  /** Where a UDP phone listens. Default: `127.0.0.1`. */
  readonly localAddress?: string
  readonly clock?: Clock
}

/** Ways to misbehave, for tests of the other side. All off by default. */
export interface Misbehaviour {
  /** Protects media with another key than the one told in the SDP. */
  readonly wrongKey?: boolean
  /** Sends no media, though it agreed to. */
  readonly mute?: boolean
  /** Never acknowledges a 200 to its INVITE. */
  readonly neverAcknowledges?: boolean
  /** Leaves requests of the other side within a call unanswered. */
  readonly deaf?: boolean
}

export interface PhoneOptions {
  readonly username: string
  readonly password: string
  readonly domain: string
  readonly displayName?: string
  readonly userAgent?: string
  /** SRTP suites in order of preference; empty: plain RTP. Default: all of ours. */
  readonly suites?: readonly SuiteName[]
  /** Default: PCMU, PCMA. */
  readonly codecs?: readonly CodecName[]
  /** Digest algorithms that the phone knows. Default: SHA-256 and MD5. */
  readonly algorithms?: readonly string[]
  /** False: signalling only, SDP names a port that nobody listens on. Default: true. */
  readonly audio?: boolean
  /** Address for audio. Default: the one that signalling uses. */
  readonly audioAddress?: string
  readonly misbehaviour?: Misbehaviour
  /** Sees each media packet as it goes to the network. */
  readonly onPacketSent?: (packet: Buffer, port: number) => void
}

/** An endpoint of its own, or one shared with other phones (then one connection serves all of them). */
export type TestPhoneOptions = PhoneOptions & (EndpointOptions | { readonly endpoint: PhoneEndpoint })
