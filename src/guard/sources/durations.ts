/** How long a decision of a rule lasts: longer with each repeat, but where the source could be forged. */
import type { SourceAction, TargetKind } from './types.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const ADDRESS: readonly number[] = [HOUR, 4 * HOUR, DAY, 7 * DAY]
/** The owner waits with the thief where the phone is new: never for long. */
const BACK_OFF: readonly number[] = [10 * MINUTE, 20 * MINUTE, HOUR]
/** A datagram's source can be somebody else's address. */
const SOCKET: readonly number[] = [MINUTE]

/** Milliseconds. `repeat`: how many decisions about the same there were within 30 days. */
export function until(kind: TargetKind, action: SourceAction, repeat: number): number {
  const steps = action === 'back-off' ? BACK_OFF : kind === 'socket' ? SOCKET : ADDRESS
  return steps[Math.min(repeat, steps.length - 1)]!
}
