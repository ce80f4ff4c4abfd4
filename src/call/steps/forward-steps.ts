/** Where an extension forwards to. What leads outside is charged to the extension that forwards, and closed by default. */
import type { CallTarget } from '../../directory/number.ts'
import type { Extension } from '../../directory/types.ts'
import type { Steps } from '../hunt.ts'
import { describeTarget } from './describe-target.ts'
import type { Trip } from './trip.ts'

export type ForwardCondition = 'always' | 'busy' | 'no-answer' | 'unreachable'

export async function* forwardSteps(
  trip: Trip,
  extension: Extension,
  condition: ForwardCondition,
  target: CallTarget,
): Steps {
  const { context, call } = trip
  const data = { callId: call.id, by: extension.number, condition, target: describeTarget(target) }
  context.events.publish('call.forwarded', data, call.organisation.id)
  const payer = { extension, trunk: undefined, cause: 'forwarded' } as const
  return yield* trip.lead({ ...trip, payer, claimedCallerId: undefined }, target)
}
