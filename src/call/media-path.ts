/** Media bridges of calls: opened, noted, and closed on every path. */
import type { BridgeReport, MediaBridge, MediaRefusal, SideOptions } from '../media/media-engine.ts'
import type { Refusal } from './best-response.ts'
import { type Call, endSideOf, type Leg, sideOf } from './call.ts'
import type { CallContext } from './context.ts'
import { hostFor, warning } from './headers.ts'
import { OVERLOADED } from './reply.ts'

/** Rejects when no worker or port is left. Undefined when the call ended meanwhile. */
export async function openBridge(context: CallContext, call: Call, a: Leg, b: Leg): Promise<MediaBridge | undefined> {
  const options = { callId: call.id, a: sideFor(context, call, a), b: sideFor(context, call, b) }
  const bridge = await context.media.openBridge(options)
  if (call.state === 'ended') {
    void closeBridge(context, bridge)
    return undefined
  }
  context.table.noteBridge(bridge, call)
  return bridge
}

function sideFor(context: CallContext, call: Call, leg: Leg): SideOptions {
  const host = hostFor(leg.flow, context)
  const { localAddress, remoteAddress } = leg.flow
  // A leg that comes from another call keeps what its phone knows of our media.
  const from = leg.call === call ? undefined : leg.call.bridge
  const plain = plainRtpFor(leg)
  return {
    localAddress,
    signallingAddress: remoteAddress,
    ...(plain === undefined ? {} : { allowInsecureRtp: plain }),
    ...(host === localAddress ? {} : { advertisedAddress: host }),
    ...(from === undefined ? {} : { continues: { bridge: from, side: sideOf(leg) } }),
  }
}

/** Only a trunk that says so, and a phone that calls for help. */
function plainRtpFor(leg: Leg): SideOptions['allowInsecureRtp'] {
  if (leg.party.trunk?.allowInsecureMedia === true) return 'offer'
  return leg.allowInsecureForEmergency ? 'answer' : undefined
}

/** The last report; undefined when the engine failed. Never rejects. */
export function closeBridge(context: CallContext, bridge: MediaBridge): Promise<BridgeReport | undefined> {
  context.table.forgetBridge(bridge)
  const closed = bridge.close().catch((error: unknown) => {
    context.logger.warn({ bridge: bridge.id, detail: String(error) }, 'a media bridge did not close cleanly')
    return undefined
  })
  context.closing.add(closed)
  void closed.then(() => context.closing.delete(closed))
  return closed
}

/** What the phone whose media was refused hears, and the event that says what to change on it. */
export function refuseMedia(context: CallContext, call: Call, leg: Leg, refusal: MediaRefusal): Refusal {
  if (refusal.reason === 'no-capacity') return { status: 503, cause: 'overload', side: 'system', headers: OVERLOADED }
  const { reason, explanation } = refusal
  const by = leg.party.number
  context.events.publish('media.refused', { callId: call.id, by, reason, explanation }, call.organisation.id)
  const headers = [warning(hostFor(leg.flow, context), explanation)]
  return { status: 488, cause: 'media-refused', side: endSideOf(leg), headers }
}
