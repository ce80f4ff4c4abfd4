/** Events of the way to the outside: trunks, numbers, caller identity, emergency calls, business calling. */
import type { Actor } from './system-events.ts'

/** Before and after as text; `-` for none. Never of a secret. */
export interface FieldChange {
  readonly field: string
  readonly before: string
  readonly after: string
}

export interface OutsideEvents {
  'directory.trunk-added': {
    readonly actor: Actor
    readonly trunk: string
    readonly host: string
    readonly weakened: readonly string[]
  }
  /** A new password is named, not shown. `weakened`: what is in force after it. */
  'directory.trunk-changed': {
    readonly actor: Actor
    readonly trunk: string
    readonly changed: readonly FieldChange[]
    readonly weakened: readonly string[]
  }
  'directory.trunk-removed': { readonly actor: Actor; readonly trunk: string }
  'directory.number-added': { readonly actor: Actor; readonly number: string; readonly target: string }
  'directory.number-routed': {
    readonly actor: Actor
    readonly number: string
    readonly before: string
    readonly after: string
  }
  'directory.number-removed': { readonly actor: Actor; readonly number: string }
  'directory.group-added': { readonly actor: Actor; readonly group: string; readonly members: readonly string[] }
  'directory.group-changed': {
    readonly actor: Actor
    readonly group: string
    readonly changed: readonly FieldChange[]
  }
  'directory.group-removed': { readonly actor: Actor; readonly group: string }
  /** Number plan, schedule, caller id, off-net forwarding … */
  'directory.calling-changed': {
    readonly actor: Actor
    readonly changed: readonly FieldChange[]
  }
  /** Forwarding, do-not-disturb, caller id, privacy of one extension. */
  'directory.extension-calling-changed': {
    readonly actor: Actor
    readonly extension: string
    readonly changed: readonly FieldChange[]
  }
  'trunk.up': { readonly trunk: string; readonly remote: string; readonly tls: string | undefined }
  'trunk.down': { readonly trunk: string; readonly problem: string }
  /** A call went to another trunk because this one failed. */
  'trunk.failed-over': {
    readonly callId: string
    readonly trunk: string
    readonly reason: string
    readonly next: string | undefined
  }
  'trunk.limit-reached': { readonly trunk: string; readonly limit: 'calls' | 'calls-per-second' }
  /** A number of ours as the caller of a call from outside, or a signature that does not verify. */
  'caller-identity.spoofed': {
    readonly callId: string
    readonly trunk: string
    readonly claimed: string
    readonly to: string
    readonly reason: string
  }
  'caller-identity.verified': {
    readonly callId: string
    readonly outcome: 'passed' | 'failed' | 'none'
    readonly attestation: string | undefined
    readonly detail: string
  }
  'call.forwarded': {
    readonly callId: string
    readonly by: string
    readonly condition: string
    readonly target: string
  }
  'call.parked': { readonly callId: string; readonly by: string; readonly slot: string }
  'call.retrieved': { readonly callId: string; readonly by: string; readonly slot: string }
  'call.picked-up': { readonly callId: string; readonly by: string; readonly from: string }
  /** Somebody called for help. Told at once, whatever comes of the call. */
  'emergency.called': {
    readonly callId: string
    readonly extension: string
    readonly name: string
    readonly number: string
    readonly test: boolean
    readonly location: string | undefined
    readonly notified: readonly string[]
  }
  'emergency.connected': {
    readonly callId: string
    readonly extension: string
    readonly trunk: string
    readonly attempts: number
  }
  /** No trunk took it. */
  'emergency.failed': {
    readonly callId: string
    readonly extension: string
    readonly attempts: number
    readonly detail: string
  }
}
