/**
 * What the engine on the main thread and its workers say to each other, as JSON text: to clone such an object costs three
 * times as much. Keys cross here; nothing of it is ever logged.
 */
import type { SuiteName } from '../srtp/index.ts'

/** A bound pair of sockets: RTP on the even port, RTCP on the next. Unique in its worker by address and port. */
export interface PairName {
  readonly address: string
  readonly port: number
}

export interface SocketAddress {
  readonly address: string
  readonly port: number
}

export interface LegConfiguration {
  readonly pair: PairName
  /** RTP and RTCP share the even port (RFC 5761). */
  readonly rtcpMux: boolean
  /** Undefined: RTP in clear, on a side that `allowInsecureRtp` names. */
  readonly suite: SuiteName | undefined
  /** What the phone protects with. Base64. */
  readonly remoteKeys: readonly {
    readonly keyAndSalt: string
    readonly mki: string | undefined
    /** Packets that the phone will protect with it. */
    readonly lifetime: number | undefined
  }[]
  /** What we protect with towards the phone. Base64. */
  readonly localKey: string
  /** Where to send before the phone's address is learned; undefined: wait for it. */
  readonly target: SocketAddress | undefined
  readonly rtcpTarget: SocketAddress | undefined
  /** Where the side's signalling comes from: the one other address that RTP in clear is taken from. */
  readonly signallingAddress?: string | undefined
  /** The agreed direction lets the phone send; its packets are dropped otherwise. */
  readonly maySend: boolean
  /** Neither side holds: a phone that falls silent is gone. */
  readonly expectedToSend: boolean
  readonly codecs: readonly { readonly payloadType: number; readonly name: string; readonly clockRate: number }[]
}

export interface StreamConfiguration {
  readonly kind: 'audio' | 'video'
  readonly a: LegConfiguration
  readonly b: LegConfiguration
}

export interface LegReport {
  readonly codec: string | undefined
  readonly suite: SuiteName | undefined
  readonly transport: 'SRTP' | 'RTP' | undefined
  readonly packetsReceived: number
  readonly packetsSent: number
  readonly octetsReceived: number
  readonly octetsSent: number
  readonly packetsLost: number
  readonly jitter: number
  readonly roundTrip: number | undefined
  readonly mos: number | undefined
  readonly packetsUnauthenticated: number
  readonly packetsReplayed: number
  readonly lastPacketAt: number | undefined
  readonly remote: SocketAddress | undefined
}

export interface ReportPair {
  readonly a: LegReport
  readonly b: LegReport
}

export interface WorkerOptions {
  readonly mediaTimeoutMs: number
  readonly reportIntervalMs: number
  readonly dscp: boolean
  /** Use OpenSSL and sockets through `node:ffi` where that works. */
  readonly nativeCode: boolean
  /** Of the ledger of open descriptors, which outlives the worker. */
  readonly descriptors: SharedArrayBuffer
}

export type WorkerRequest =
  | { readonly type: 'bind'; readonly pairs: readonly PairName[] }
  | { readonly type: 'unbind'; readonly pairs: readonly PairName[] }
  /** The whole agreed state of a bridge, by index of the m= line; what is missing ends. Equal keys keep their contexts. */
  | {
      readonly type: 'configure'
      readonly bridge: number
      readonly streams: readonly (StreamConfiguration | null)[]
    }
  /** What `bridge` is to open on `side` carries on the contexts of another bridge's side, for equal keys. Before `configure`. */
  | {
      readonly type: 'continue'
      readonly bridge: number
      readonly side: 'a' | 'b'
      readonly of: { readonly bridge: number; readonly side: 'a' | 'b' }
    }
  | { readonly type: 'report'; readonly bridge: number }
  | { readonly type: 'close'; readonly bridge: number }
  | { readonly type: 'stop' }

export type WorkerNotice =
  | { readonly type: 'ready'; readonly dscp: 'marked' | 'unavailable' | 'off'; readonly ciphers: 'native' | 'node' }
  | { readonly type: 'bound'; readonly pairs: readonly PairName[]; readonly failed: readonly PairName[] }
  | { readonly type: 'reported'; readonly bridge: number; readonly report: ReportPair }
  | { readonly type: 'closed'; readonly bridge: number; readonly report: ReportPair }
  /** Everything that fell due in one tick. */
  | {
      readonly type: 'tick'
      readonly reports: readonly { readonly bridge: number; readonly report: ReportPair }[]
      readonly silences: readonly { readonly bridge: number; readonly side: 'a' | 'b'; readonly silentForMs: number }[]
      /** Sides with a master key that has protected all that it may. */
      readonly expired: readonly { readonly bridge: number; readonly side: 'a' | 'b' }[]
    }
