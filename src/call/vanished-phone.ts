/** A phone whose connection closed has a while to come back; then its call is over. */
import type { Flow } from '../sip/transport/types.ts'
import { endSideOf, type Leg } from './call.ts'
import type { CallContext } from './context.ts'
import { endCall } from './end-call.ts'
import { reachableFlow } from './leg.ts'

/** Legs that ring are told by their transactions; those that are up wait. */
export function onFlowClosed(context: CallContext, flow: Flow): void {
  for (const leg of context.table.legsOfFlow(flow.id)) {
    if (leg.state !== 'up' || leg.vanishTimer !== undefined) continue
    leg.vanishTimer = context.clock.schedule(context.limits.vanishGraceMs, () => judge(context, leg))
  }
}

function judge(context: CallContext, leg: Leg): void {
  leg.vanishTimer = undefined
  if (leg.state !== 'up' || reachableFlow(context, leg) !== undefined) return
  const end = { side: endSideOf(leg), cause: 'unreachable', sipCode: 480 } as const
  endCall(context, leg.call, end, { reason: 'SIP;cause=480' })
}
