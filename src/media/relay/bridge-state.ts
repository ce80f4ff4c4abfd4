/** What was agreed on the two sides of a bridge, as immutable values: negotiation makes a new one, rollback keeps the old. */
import type { CryptoAttribute, Direction, SessionDescription } from '../sdp/index.ts'
import type { SuiteName } from '../srtp/index.ts'
import type { PairName } from './protocol.ts'

export type Side = 'a' | 'b'

export function other(side: Side): Side {
  return side === 'a' ? 'b' : 'a'
}

/** What both ends of one leg of one stream agreed on. */
export type AgreedLeg = SecureLeg | PlainLeg

export interface SecureLeg {
  readonly suite: SuiteName
  /** The phone's `a=crypto`. */
  readonly crypto: CryptoAttribute
  readonly rtcpMux: boolean
}

/** RTP in clear, on a side that `allowInsecureRtp` names. */
export interface PlainLeg {
  readonly suite: undefined
  readonly rtcpMux: boolean
}

/** One side of one stream. */
export interface LegState {
  readonly pair: PairName
  /** Our own master keys on this leg, by suite: made once, so that a new offer does not change them. */
  readonly keys: ReadonlyMap<SuiteName, Buffer>
  /** The profile spoken on this leg. */
  readonly protocol: string
  readonly agreed: AgreedLeg | undefined
}

/** What of a leg goes on when its phone is transferred to another bridge. */
export type ContinuedLeg = Pick<LegState, 'keys' | 'protocol' | 'agreed'>

export interface StreamState {
  readonly a: LegState | undefined
  readonly b: LegState | undefined
  /** False: refused or removed, its m= line stays with port 0 (RFC 3264 §8.2). */
  readonly active: boolean
}

export interface SideState {
  /** Our `o=` on this side. */
  readonly sessionId: string
  readonly version: number
  /** What we said last, without the version: the same words keep the version (RFC 3264 §8). */
  readonly said: string | undefined
  /** What the phone said last that was agreed. */
  readonly heard: SessionDescription | undefined
  /** SRTP was agreed with this phone, in this call or the one that it comes from: it is never asked for less again. */
  readonly secured: boolean
}

export interface BridgeState {
  /** By index of the m= line, the same on both sides. */
  readonly streams: readonly StreamState[]
  readonly a: SideState
  readonly b: SideState
}

/** Whether `side` was, or is with these streams, agreed on SRTP. */
export function securedBy(streams: readonly StreamState[], side: Side): boolean {
  return streams.some(stream => stream[side]?.agreed?.suite !== undefined)
}

export const NO_STREAM: StreamState = { a: undefined, b: undefined, active: false }

/** An offer under way, or the last one that was answered. */
export interface Exchange {
  readonly from: Side
  readonly offer: SessionDescription
  /** The usable `a=crypto` of each m= line of the offer, or that it is plain and may be; undefined where the line is refused. */
  readonly usable: readonly (readonly CryptoAttribute[] | 'plain' | undefined)[]
  readonly directions: readonly Direction[]
  /** What we offered to the other side. */
  readonly relayed: SessionDescription
  /** The state with the legs of the offered side prepared. */
  readonly prepared: BridgeState
}
