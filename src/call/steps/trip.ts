/** What is known of a call while it looks for somebody who takes it. */
import type { DeviceId } from '../../base/ids.ts'
import type { CallTarget } from '../../directory/number.ts'
import type { Trunk } from '../../directory/trunk.ts'
import type { Extension } from '../../directory/types.ts'
import type { Refusal } from '../best-response.ts'
import type { Call } from '../call.ts'
import type { CallContext } from '../context.ts'
import type { Steps } from '../hunt.ts'

/** Who answers for what a leg to the outside costs (product policy: "charged to the extension that caused it"). */
export interface Payer {
  readonly extension: Extension | undefined
  /** A PBX behind us that calls out, or the trunk by which a call came in that is forwarded by its number. */
  readonly trunk: Trunk | undefined
  readonly cause: 'dialled' | 'forwarded' | 'transferred' | 'routed'
}

export interface Trip {
  readonly context: CallContext
  readonly call: Call
  readonly payer: Payer
  /** The number that the caller asks to be shown outside: of a PBX; E.164. */
  readonly claimedCallerId: string | undefined
  /** The number of ours that was called, E.164. */
  readonly called: string | undefined
  /** The device that calls does not ring. */
  readonly except: DeviceId | undefined
  /** `sips:` asks for TLS on every hop (RFC 5630 §4). */
  readonly secureOnly: boolean
  /** Destinations that may ring at once (Max-Breadth, RFC 5393 §5.3.3). */
  readonly breadth: number
  /** What the call has passed: an extension or group that forwards to itself ends there. Shared by the whole trip. */
  readonly visited: Set<string>
  /** Somebody else may be asked when this part fails. */
  readonly mayGoOn: boolean
  /** The way to where a forward, a group or a number leads: `targetSteps`. */
  readonly lead: (trip: Trip, target: CallTarget) => Steps
}

/** Forwards, groups and numbers that one call may pass. */
const MAXIMUM_STATIONS = 20

/** False: it was there already, or has come too far. */
export function visit(trip: Trip, station: string): boolean {
  if (trip.visited.has(station) || trip.visited.size >= MAXIMUM_STATIONS) return false
  trip.visited.add(station)
  return true
}

export const UNREACHABLE: Refusal = { status: 480, cause: 'unreachable', side: 'system' }
export const BUSY: Refusal = { status: 486, cause: 'busy' }
export const DECLINED: Refusal = { status: 480, cause: 'declined' }
export const LOOP: Refusal = { status: 482, cause: 'loop', side: 'system' }
export const UNKNOWN: Refusal = { status: 404, cause: 'unknown-destination', side: 'system' }
