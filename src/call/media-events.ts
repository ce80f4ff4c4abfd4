/** What the media engine reports of its bridges, and what it means for their calls. */
import type { BridgeReport, MediaBridge, Side } from '../media/media-engine.ts'
import type { CallContext } from './context.ts'
import { endCall } from './end-call.ts'
import { eventQuality } from './record.ts'

export function onMediaQuality(context: CallContext, bridge: MediaBridge, report: BridgeReport): void {
  const call = context.table.callOfBridge(bridge)
  if (call === undefined || call.bridge !== bridge || call.state !== 'up') return
  call.lastReport = report
  const data = { callId: call.id, caller: eventQuality(report.a), callee: eventQuality(report.b) }
  context.events.publish('call.quality', data, call.organisation.id)
}

/** A call whose one side has said nothing for too long is dead. One that is being transferred may wait in silence. */
export function onMediaSilent(context: CallContext, bridge: MediaBridge, side: Side): void {
  const call = context.table.callOfBridge(bridge)
  if (call === undefined || call.bridge !== bridge || call.state !== 'up' || call.transfer !== undefined) return
  // Whoever called for help may have to be silent, and of a parked call one side is empty.
  if (call.emergency || call.parked !== undefined) return
  const end = { side: side === 'a' ? 'caller' : 'callee', cause: 'media-timeout', sipCode: 408 } as const
  endCall(context, call, end, { reason: 'SIP;cause=408;text="No media"' })
}

/** Without a new key nothing passes, and a key is never used past its life. */
export function onMediaKeyExpired(context: CallContext, bridge: MediaBridge, side: Side): void {
  const call = context.table.callOfBridge(bridge)
  if (call === undefined || call.bridge !== bridge || call.state !== 'up') return
  const end = { side: side === 'a' ? 'caller' : 'callee', cause: 'key-expired', sipCode: 488 } as const
  endCall(context, call, end, { reason: 'SIP;cause=488;text="SRTP key expired"' })
}

/** The worker of this bridge died. Only its call is lost. */
export function onMediaFailed(context: CallContext, bridge: MediaBridge, detail: string): void {
  const call = context.table.callOfBridge(bridge)
  if (call === undefined) return
  context.logger.error({ call: call.id, detail }, 'a call lost its media')
  endCall(context, call, { side: 'system', cause: 'system-error', sipCode: 500 }, { reason: 'SIP;cause=500' })
}
