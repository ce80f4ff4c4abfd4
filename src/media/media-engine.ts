/**
 * The media engine as calls use it: two sides of a bridge, an offer and an answer at a time (RFC 3264), each side with its
 * own SRTP keys. Two engines implement it (the embedded relay; rtpengine later), one contract test holds both.
 */

/** `a` is the side of the caller, `b` that of the callee, but the engine treats both alike. */
export type Side = 'a' | 'b'

export type SrtpSuite = 'AEAD_AES_256_GCM' | 'AEAD_AES_128_GCM' | 'AES_256_CM_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_80'

/** In order of preference (RFC 7714, RFC 6188, RFC 4568). */
export const SRTP_SUITES: readonly SrtpSuite[] = [
  'AEAD_AES_256_GCM',
  'AEAD_AES_128_GCM',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_80',
]

export interface SideOptions {
  /** The address that this side's peer reaches us by: goes into `c=` and is what the sockets bind to. */
  readonly localAddress: string
  /** The address to advertise instead, behind a one-to-one NAT. */
  readonly advertisedAddress?: string
  /** Where this side's signalling comes from. A private address in the SDP of a phone from elsewhere is then not sent to. */
  readonly signallingAddress?: string
  /**
   * This side may speak plain RTP (RTP/AVP). `answer`: an offer of RTP/AVP of the peer's is answered, what we offer is SRTP;
   * `offer`: what we offer to it is RTP/AVP. Absent: SRTP or nothing. For trunks that say `allowInsecureMedia`, and emergency calls.
   */
  readonly allowInsecureRtp?: 'answer' | 'offer' | undefined
  /**
   * The phone of this side is in a call already, on that side of that bridge, and is being transferred: the suite and our key
   * towards it stay, and with them roll-over counters and replay windows, where the engine can. Many phones take no new key
   * in a call (baresip 1.0.0). Both bridges may live at once.
   */
  readonly continues?: { readonly bridge: MediaBridge; readonly side: Side } | undefined
}

export interface BridgeOptions {
  /** For reports and logs. */
  readonly callId: string
  readonly a: SideOptions
  readonly b: SideOptions
}

export type MediaRefusal =
  /** An RTP/AVP offer or answer: 488 with a Warning that says what to switch on in the phone. */
  | { readonly reason: 'plain-rtp'; readonly explanation: string }
  /** SRTP without an acceptable `a=crypto`, or DTLS only. */
  | { readonly reason: 'no-common-suite'; readonly explanation: string }
  | { readonly reason: 'malformed-sdp'; readonly explanation: string }
  | { readonly reason: 'no-media'; readonly explanation: string }
  /** Ports or workers exhausted: 503. */
  | { readonly reason: 'no-capacity'; readonly explanation: string }

export type MediaOutcome =
  | { readonly ok: true; readonly sdp: string; readonly held: boolean }
  | { readonly ok: false; readonly refusal: MediaRefusal }

/** Of two offers that meet: the answer for each side, and what `b` is taken to have answered to the offer made from `a`'s. */
export type MediaMeeting =
  | { readonly ok: true; readonly a: string; readonly b: string; readonly heard: string }
  | { readonly ok: false; readonly side: Side; readonly refusal: MediaRefusal }

/** Of one side, cumulative since the bridge was opened. Received = from this side's phone. */
export interface SideReport {
  /** How packets go on this leg; undefined where nothing was agreed yet. */
  readonly transport?: 'SRTP' | 'RTP' | undefined
  readonly codec: string | undefined
  readonly suite: SrtpSuite | undefined
  readonly packetsReceived: number
  readonly packetsSent: number
  readonly octetsReceived: number
  readonly octetsSent: number
  /** Packets of the phone that did not arrive (RFC 3550 §6.4.1, from sequence numbers). */
  readonly packetsLost: number
  /** Interarrival jitter in milliseconds (RFC 3550 §6.4.1). */
  readonly jitter: number
  /** Round trip in milliseconds from RTCP LSR/DLSR, or undefined where the phone sends no RTCP. */
  readonly roundTrip: number | undefined
  /** Mean opinion score 1.0-4.5 by the E-model (ITU-T G.107) from what this side's phone sent us. */
  readonly mos: number | undefined
  /** Packets refused: tag did not verify, replayed, or not SRTP at all. */
  readonly packetsUnauthenticated: number
  readonly packetsReplayed: number
  /** Milliseconds since the epoch of the last authenticated packet, or undefined. */
  readonly lastPacketAt: number | undefined
  /** Address learned from an authenticated packet. */
  readonly remote: { readonly address: string; readonly port: number } | undefined
}

export interface BridgeReport {
  readonly a: SideReport
  readonly b: SideReport
}

/**
 * One offer/answer exchange at a time. `offer('a', sdp)` takes the SDP that side a sent and gives the SDP to send to side
 * b; `answer('b', sdp)` takes b's answer and gives the SDP to send to a. Re-offers may come from either side. Codecs
 * pass through; addresses, ports, keys, origin and unknown attributes never do.
 */
export interface MediaBridge {
  readonly id: string
  offer(from: Side, sdp: string): Promise<MediaOutcome>
  answer(from: Side, sdp: string): Promise<MediaOutcome>
  /** Both sides have offered, and each needs an answer: one phone picks up what rings at another. For a bridge that is new. */
  meet(a: string, b: string): Promise<MediaMeeting>
  /** The pending offer was refused or cancelled: the last agreed state stays in force. */
  rollback(): Promise<void>
  report(): Promise<BridgeReport>
  /** Releases ports and keys; the last report. Idempotent. */
  close(): Promise<BridgeReport>
}

export interface MediaObserver {
  /** Every 5 s while media is agreed. */
  quality(bridge: MediaBridge, report: BridgeReport): void
  /** No authenticated packet from `side` for `mediaTimeout` although it is expected to send (not on hold). Told again each `mediaTimeout` while it lasts; counts early media too. */
  silent(bridge: MediaBridge, side: Side, silentForMs: number): void
  /**
   * A master key of `side`, ours or the phone's, has protected all packets that it may (RFC 3711 §9.2, RFC 4568 §6.1): none
   * passes any more, and the call has to end. Told until the bridge closes.
   */
  keyExpired?(bridge: MediaBridge, side: Side): void
  /** The engine lost this bridge (a worker died): the call has to end. */
  failed(bridge: MediaBridge, detail: string): void
  /** A worker of the engine died, with so many bridges; `failed` was called for each. It is replaced. */
  workerFailed?(worker: number, bridges: number, detail: string): void
}

export interface MediaEngine {
  readonly name: string
  start(): Promise<void>
  stop(): Promise<void>
  /** Throws MediaError `MEDIA_NO_CAPACITY` when no worker or port is left. */
  openBridge(options: BridgeOptions): Promise<MediaBridge>
  readonly bridgeCount: number
}
