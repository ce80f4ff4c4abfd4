/** Events of calls. Legs name the encryption of both hops. */
import type { Actor } from './system-events.ts'

export interface EventLeg {
  readonly number: string
  readonly username: string | undefined
  readonly signalling: string
  readonly tls: string | undefined
  readonly media: string | undefined
  readonly codec: string | undefined
}

export interface EventQuality {
  readonly packets: number
  readonly lost: number
  readonly jitterMs: number
  readonly roundTripMs: number | undefined
  readonly mos: number | undefined
}

export interface CallEvents {
  'call.started': { readonly callId: string; readonly from: string; readonly to: string; readonly caller: EventLeg }
  'call.ringing': { readonly callId: string; readonly devices: number }
  'call.answered': {
    readonly callId: string
    readonly from: string
    readonly to: string
    readonly caller: EventLeg
    readonly callee: EventLeg
    readonly setupMs: number
  }
  'call.quality': { readonly callId: string; readonly caller: EventQuality; readonly callee: EventQuality }
  'call.transferred': {
    readonly callId: string
    readonly by: string
    readonly to: string
    readonly attended: boolean
    readonly newCallId: string
  }
  'call.held': { readonly callId: string; readonly by: string; readonly held: boolean }
  'call.ended': {
    readonly callId: string
    readonly from: string
    readonly to: string
    readonly side: string
    readonly cause: string
    readonly sipCode: number
    readonly durationMs: number
    readonly caller: EventLeg
    readonly callee: EventLeg | undefined
    readonly callerQuality: EventQuality | undefined
    readonly calleeQuality: EventQuality | undefined
  }
  /** A person says that a call of their own was not in order. */
  'call.reported': {
    readonly actor: Actor
    readonly callId: string
    readonly extension: string
    readonly from: string
    readonly to: string
    readonly reason: string
  }
  'call.refused': {
    readonly callId: string
    readonly from: string
    readonly to: string
    readonly sipCode: number
    readonly rule: string
    readonly reason: string
  }
  'media.refused': {
    readonly callId: string
    readonly by: string
    readonly reason: string
    readonly explanation: string
  }
  'media.worker-failed': { readonly worker: number; readonly bridges: number; readonly detail: string }
}
