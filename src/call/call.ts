/** A call and its legs: the state that the operations of this room share. No behaviour lives here. */
import type { Timer } from '../base/clock.ts'
import type { CallId, DeviceId, ExtensionId, LegId } from '../base/ids.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { Extension, Organisation } from '../directory/types.ts'
import type { BridgeReport, MediaBridge, Side } from '../media/media-engine.ts'
import type { Dialog } from '../sip/dialog/dialog.ts'
import type { SessionTimer } from '../sip/dialog/session-timer.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { Allowance } from './allowance.ts'
import type { CallEnd } from './call-record.ts'
import type { ParkedCall } from './park.ts'

/** Who is at the far end of a leg. */
export interface Party {
  readonly number: string
  /** Byte string for a display name. */
  readonly displayName: string
  readonly extension: Extension | undefined
  readonly extensionId: ExtensionId | undefined
  readonly deviceId: DeviceId | undefined
  readonly username: string | undefined
  /** The trunk that leads to it; undefined for our own phones. */
  readonly trunk?: Trunk | undefined
  /** It withholds its number, or claims one that is not to be believed. */
  readonly anonymous?: boolean | undefined
  /** What was found of its signature (RFC 8588): `A`, `B`, `C`, `failed`. */
  readonly attestation?: string | undefined
}

/** An INVITE of the phone's that this leg still has to answer, or a 2xx of ours that waits for its ACK. */
export interface LegInvite {
  readonly request: SipRequest
  /** The ACK of a 2xx came. */
  onAck(ack: SipRequest): void
  /** The phone cancelled it; `reason` as it may cross. */
  onCancel(reason: string | undefined): void
  /** True for PRACKs that match (RFC 3262 §3): `answer` is called first, and then what had waited for it is sent. */
  onPrack(prack: SipRequest, answer: () => void): boolean
  /** A final answer other than 2xx; ignored once there was one. */
  refuse(status: number, headers?: readonly HeaderPair[]): void
  /** Refuses it if it is not answered yet; stops repeating in any case. Idempotent. */
  close(status: number): void
  readonly answered: boolean
  /** Its offer was answered in a reliable provisional response, and that was acknowledged: another offer may be made (RFC 3311 §5.1). */
  readonly agreed: boolean
  /** The 2xx was sent, and its ACK has not come. */
  readonly awaitingAck: boolean
}

/** Our half of the conversation with one phone: one dialog. */
export interface Leg {
  readonly id: LegId
  readonly direction: 'in' | 'out'
  readonly party: Party
  /** A transfer moves the leg to another call. */
  call: Call
  /** The flow that the phone is on now. */
  flow: Flow
  /** Our tag: names the leg to its phone. */
  readonly localTag: string
  readonly sipCallId: string
  /** Undefined until the phone said something that makes a dialog (§12.1). */
  dialog: Dialog | undefined
  userAgent: string
  readonly authentication: string | undefined
  /** `gone`: it hung up, refused, or was never there; `leaving`: we are about to say BYE. */
  state: 'ringing' | 'up' | 'leaving' | 'gone'
  invite: LegInvite | undefined
  /** Methods of its Allow header; undefined when it sent none. */
  allows: ReadonlySet<string> | undefined
  /** The session description that the phone said last, and what we said to it. */
  heard: string | undefined
  said: string | undefined
  /** Our `o=` towards this phone, once something was said (RFC 3264 §8: one origin over the dialog). */
  origin: { readonly sessionId: string; readonly version: number; readonly said: string } | undefined
  /** It has put the other party on hold. */
  holds: boolean
  session: SessionTimer | undefined
  sessionTimer: Timer | undefined
  vanishTimer: Timer | undefined
  /** Lets go of the INVITE that it was rung with, once it is gone: until then a 2xx may be repeated (RFC 3261 §13.2.2.4). */
  forgetInvite: (() => void) | undefined
  /** How long it may last, where somebody counts. */
  allowance: Allowance | undefined
  /** Told once when the leg is let go of: its place on a trunk is free again. */
  onReleased: (() => void) | undefined
  /** It may speak plain RTP because somebody calls for help: a call that is not encrypted beats no call. */
  allowInsecureForEmergency: boolean
  /** REFERs that it sent, for the `id` of the later ones' events (RFC 3515 §2.4.6). */
  refers: number
}

/** An offer and its answer under way between the phones: one at a time (RFC 3261 §14). */
export interface Exchange {
  /** Whose offer it is; undefined when it is ours (a transfer, a refresh). */
  readonly offerer: Leg | undefined
  /** Gives it up: the call ends, or the phone cancelled it. */
  abandon(): void
  /** The ACK of the offerer's re-INVITE, where it carries an answer. */
  acknowledged?(ack: SipRequest): void
}

/** What was agreed on with a device that still rings. */
export interface EarlyMedia {
  readonly leg: Leg
  readonly bridge: MediaBridge
  /** A later offer was answered: that counts when the device is answered. */
  renewed(): void
}

/** A phone that takes the call, with its media: as `RingAnswer`. */
export interface PickedUp {
  readonly leg: Leg
  readonly bridge: MediaBridge
  readonly sdp: string
  acknowledge(answer: string | undefined): void
  connected?(): void
}

/** A ringing destination: implemented by `ring.ts`. */
export interface Ringing {
  readonly legs: readonly Leg[]
  /** The one device that rings, once it has answered our offer reliably (RFC 3262 §5). */
  readonly early: EarlyMedia | undefined
  /** What the caller said; undefined: it wants an offer. */
  readonly offer: string | undefined
  /** Whether this leg rings and has an early dialog with that tag (RFC 3891 §3). */
  knows(leg: Leg, remoteTag: string): boolean
  /** Another phone has picked it up: what rings is cancelled. False when it was answered or given up before. */
  takenBy(answer: PickedUp): boolean
  /** CANCELs what rings. Idempotent. */
  cancel(reason: string | undefined): void
}

/** A transfer under way, on the call whose party asked for it: implemented by `transfer.ts`. */
export interface Transfer {
  /** The one that asked (RFC 3515), and the one that is to talk to somebody else. */
  readonly transferor: Leg
  readonly transferee: Leg
  /** A party of the call hung up. True when the transfer takes care of the rest. */
  onGone(leg: Leg): boolean
  /** The call ends. */
  abandon(): void
}

/** What a REFER asks for, checked as far as this call goes. */
export interface TransferOrder {
  readonly transferor: Leg
  readonly transferee: Leg
  /** User part of Refer-To, Unicode. */
  readonly dialled: string
}

export interface Call {
  readonly id: CallId
  readonly organisation: Organisation
  readonly from: string
  readonly to: string
  /** Who answers for the outside leg that is being tried (`Allowance.payer`). */
  chargedTo: string | undefined
  /** Nothing of ours stops it: no limit, no admission, no store that is away. */
  readonly emergency: boolean
  readonly startedAt: number
  /** Monotonic, for durations. */
  readonly startedMonotonic: number
  answeredAt: number | undefined
  answeredMonotonic: number | undefined
  state: 'ringing' | 'answering' | 'up' | 'ended'
  readonly caller: Leg
  callee: Leg | undefined
  bridge: MediaBridge | undefined
  ringing: Ringing | undefined
  ringTimer: Timer | undefined
  exchange: Exchange | undefined
  /** The callee made the offer: its 2xx waits for the ACK with the caller's answer (RFC 3261 §13.2.2.4). */
  owesAck: ((answer: string | undefined) => void) | undefined
  transfer: Transfer | undefined
  /** It waits to be taken by somebody. */
  parked: ParkedCall | undefined
  readonly transferredFrom: CallId | undefined
  lastReport: BridgeReport | undefined
  /** Legs that rang last, for the record of a call that nobody answered. */
  rung: readonly Leg[]
  end: CallEnd | undefined
}

export function sideOf(leg: Leg): Side {
  return leg.call.caller === leg ? 'a' : 'b'
}

/** The other party of the call, once there is one, and as long as no transfer has taken it elsewhere. */
export function otherLeg(leg: Leg): Leg | undefined {
  const { call } = leg
  const other = call.caller === leg ? call.callee : call.caller
  return other?.call === call ? other : undefined
}

/** How a leg is named in a CallEnd. */
export function endSideOf(leg: Leg): 'caller' | 'callee' {
  return leg.call.caller === leg ? 'caller' : 'callee'
}

/** An offer waits for its answer: no other may be made (RFC 3264 §4). */
export function negotiates(call: Call): boolean {
  return call.exchange !== undefined || call.owesAck !== undefined
}
