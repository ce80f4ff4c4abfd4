/** What is said when a call goes on by another trunk. */
import type { Trunk } from '../../directory/trunk.ts'
import type { Call } from '../call.ts'
import type { CallContext } from '../context.ts'

export function publishFailedOver(
  context: CallContext,
  call: Call,
  trunk: Trunk,
  reason: string,
  next: Trunk | undefined,
): void {
  const data = { callId: call.id, trunk: trunk.name, reason, next: next?.name }
  context.events.publish('trunk.failed-over', data, call.organisation.id)
}
