/** Whether a request within a dialog comes from the phone that the dialog is with: knowing its tags is not enough. */
import type { SipRequest } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { Leg } from './call.ts'
import type { CallContext } from './context.ts'
import { identifyCaller } from './identify-caller.ts'
import type { Fault } from './reply.ts'

/**
 * Undefined: it is trusted, and a flow that is new becomes the leg's. Else the answer: a challenge, so that a phone that lost its
 * connection can prove itself over the next one.
 */
export function distrustOf(context: CallContext, leg: Leg, request: SipRequest, flow: Flow): Fault | undefined {
  if (isKnownFlow(context, leg, flow)) {
    adopt(context, leg, flow)
    return undefined
  }
  // What was encrypted stays so.
  if (leg.flow.secure && !flow.secure) return { status: 403 }
  // A trunk's requests are known by where they come from, or not at all.
  if (leg.party.trunk !== undefined) return { status: 403 }
  const identified = identifyCaller(request, flow, context, leg.call.organisation)
  if (identified.kind === 'challenged') return identified.fault
  if (identified.kind === 'refused' || identified.caller.device.id !== leg.party.deviceId) return { status: 403 }
  adopt(context, leg, flow)
  return undefined
}

/** The leg's own flow, one that its device is registered over, or (no connection, so no identity) the same UDP source. */
export function isKnownFlow(context: CallContext, leg: Leg, flow: Flow): boolean {
  if (flow.id === leg.flow.id) return true
  const { deviceId, trunk } = leg.party
  if (leg.flow.secure && !flow.secure) return false
  if (trunk !== undefined) return context.trunks?.trunkOf(flow)?.id === trunk.id
  if (deviceId !== undefined && context.bindings.isRegisteredFlow(flow.id, deviceId)) return true
  const insecureUdp = flow.protocol === 'UDP' && leg.flow.protocol === 'UDP'
  return insecureUdp && flow.remoteAddress === leg.flow.remoteAddress
}

function adopt(context: CallContext, leg: Leg, flow: Flow): void {
  if (flow.id === leg.flow.id) return
  context.table.moveLeg(leg, flow)
  leg.vanishTimer?.cancel()
  leg.vanishTimer = undefined
}
