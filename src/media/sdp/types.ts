/** A session description as RFC 8866 speaks of it: immutable, every text already checked for control characters. */

export interface Attribute {
  readonly name: string
  /** Undefined for a property attribute (`a=rtcp-mux`). */
  readonly value: string | undefined
}

export interface Connection {
  readonly addressType: 'IP4' | 'IP6'
  /** An address or a host name, without the multicast suffix. */
  readonly address: string
}

export interface Origin {
  readonly username: string
  readonly sessionId: string
  readonly sessionVersion: string
  readonly addressType: 'IP4' | 'IP6'
  readonly address: string
}

export interface Bandwidth {
  readonly type: string
  /** Kilobits per second for AS and CT, bits per second for TIAS (RFC 3890). */
  readonly value: number
}

export interface MediaDescription {
  /** `audio`, `video`, `application`, `image` … */
  readonly media: string
  /** 0: the stream is refused or removed (RFC 3264 §6, §8.2). */
  readonly port: number
  readonly portCount: number
  /** `RTP/SAVP`, `RTP/SAVPF`, `RTP/AVP`, `UDP/TLS/RTP/SAVPF`, `udptl` … as it was written. */
  readonly protocol: string
  readonly formats: readonly string[]
  readonly connection: Connection | undefined
  readonly bandwidths: readonly Bandwidth[]
  readonly attributes: readonly Attribute[]
}

export interface SessionDescription {
  readonly origin: Origin
  readonly sessionName: string
  readonly connection: Connection | undefined
  readonly bandwidths: readonly Bandwidth[]
  /** `0 0` for a session without bounds. */
  readonly timing: string
  readonly attributes: readonly Attribute[]
  readonly media: readonly MediaDescription[]
}

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'
