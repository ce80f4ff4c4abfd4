/** An extension: do-not-disturb, its devices, and where it forwards to on busy, no answer and when nothing is registered. */
import type { CallTarget } from '../../directory/number.ts'
import type { Extension } from '../../directory/types.ts'
import type { Refusal } from '../best-response.ts'
import { destinationsOf } from '../destinations.ts'
import type { Steps } from '../hunt.ts'
import type { Destination } from '../ring.ts'
import { forwardSteps, type ForwardCondition } from './forward-steps.ts'
import { BUSY, DECLINED, LOOP, type Trip, UNREACHABLE, visit } from './trip.ts'

export async function* extensionSteps(trip: Trip, extension: Extension): Steps {
  const { context } = trip
  const calling = context.directory.extensionCalling(extension.id)
  if (!visit(trip, `extension ${extension.id}`)) return LOOP
  if (calling.forwardAlways !== undefined) return yield* forwardSteps(trip, extension, 'always', calling.forwardAlways)
  if (calling.anonymous === 'reject' && trip.call.caller.party.anonymous === true)
    return { status: 433, cause: 'declined', side: 'system' }
  const refusal = yield* ownSteps(trip, extension)
  const onward = forwardOf(refusal, calling)
  return onward === undefined ? refusal : yield* forwardSteps(trip, extension, onward.condition, onward.target)
}

async function* ownSteps(trip: Trip, extension: Extension): Steps {
  const { context } = trip
  const { doNotDisturb, maximumCalls, forwardBusy, forwardNoAnswer, forwardUnreachable, noAnswerSeconds } =
    context.directory.extensionCalling(extension.id)
  if (doNotDisturb) return forwardBusy === undefined ? DECLINED : BUSY
  if (maximumCalls > 0 && context.table.callsOf(extension.id) >= maximumCalls) return BUSY
  const destinations = suitable(trip, destinationsOf(context, extension, trip.except))
  if (destinations.length === 0) return UNREACHABLE
  const forwards = [forwardBusy, forwardNoAnswer, forwardUnreachable].some(target => target !== undefined)
  return yield {
    destinations,
    ringTimeMs: forwardNoAnswer === undefined ? undefined : noAnswerSeconds * 1_000,
    mayGoOn: trip.mayGoOn || forwards,
  }
}

/** Those that the call may reach, as many as it may. */
export function suitable(trip: Trip, destinations: readonly Destination[]): readonly Destination[] {
  const secure = trip.secureOnly ? destinations.filter(({ flow }) => flow.secure) : destinations
  return secure.slice(0, trip.breadth)
}

interface Onward {
  readonly condition: ForwardCondition
  readonly target: CallTarget
}

function forwardOf(
  { cause }: Refusal,
  calling: {
    readonly forwardBusy: CallTarget | undefined
    readonly forwardNoAnswer: CallTarget | undefined
    readonly forwardUnreachable: CallTarget | undefined
  },
): Onward | undefined {
  const { forwardBusy, forwardNoAnswer, forwardUnreachable } = calling
  if (cause === 'busy' && forwardBusy !== undefined) return { condition: 'busy', target: forwardBusy }
  if (cause === 'no-answer' && forwardNoAnswer !== undefined) return { condition: 'no-answer', target: forwardNoAnswer }
  if (cause === 'unreachable' && forwardUnreachable !== undefined)
    return { condition: 'unreachable', target: forwardUnreachable }
  return undefined
}
