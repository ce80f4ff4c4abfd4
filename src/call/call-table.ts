/** The calls and legs that live: found by our tag, by flow and by media bridge. Bounded by the limits. */
import type { MediaBridge } from '../media/media-engine.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { Call, Leg } from './call.ts'
import type { CallLimits } from './options.ts'

export interface CallTable {
  readonly calls: ReadonlySet<Call>
  readonly legCount: number
  /** False: as many calls are up as may be, or no two legs more. */
  roomForCall(): boolean
  roomForLegs(count: number): boolean
  addCall(call: Call): void
  removeCall(call: Call): void
  addLeg(leg: Leg): void
  removeLeg(leg: Leg): void
  /** The leg that a request from its phone names: Call-ID and tags all match (RFC 3261 §12.2.2). */
  legOf(request: SipRequest): Leg | undefined
  /** By the tags as another phone names them: `localTag` is ours. */
  legByTags(callId: string, localTag: string, remoteTag: string): Leg | undefined
  legByLocalTag(localTag: string): Leg | undefined
  /** True for the Call-ID of an INVITE that we sent out and that still lives: whoever sends it to us has sent it back. */
  isOurCallId(callId: string): boolean
  moveLeg(leg: Leg, flow: Flow): void
  legsOfFlow(flowId: string): readonly Leg[]
  /** The leg whose phone sent this INVITE: for CANCEL, which has no tag of ours. */
  noteInvite(invite: SipRequest, leg: Leg): void
  legOfInvite(invite: SipRequest): Leg | undefined
  legs(): Iterable<Leg>
  noteBridge(bridge: MediaBridge, call: Call): void
  forgetBridge(bridge: MediaBridge): void
  callOfBridge(bridge: MediaBridge): Call | undefined
  readonly bridgeCount: number
}

export function createCallTable(limits: CallLimits): CallTable {
  const calls = new Set<Call>()
  const legs = new Map<string, Leg>()
  const outgoing = new Set<string>()
  const byFlow = new Map<string, Set<Leg>>()
  const bridges = new Map<MediaBridge, Call>()
  const invites = new WeakMap<SipRequest, Leg>()

  function join(leg: Leg, flow: Flow): void {
    const there = byFlow.get(flow.id)
    if (there === undefined) byFlow.set(flow.id, new Set([leg]))
    else there.add(leg)
  }
  function leave(leg: Leg): void {
    const there = byFlow.get(leg.flow.id)
    if (there?.delete(leg) === true && there.size === 0) byFlow.delete(leg.flow.id)
  }
  function legByTags(callId: string, localTag: string, remoteTag: string): Leg | undefined {
    const leg = legs.get(localTag)
    if (leg === undefined || leg.sipCallId !== callId) return undefined
    return leg.dialog === undefined || leg.dialog.remoteTag === remoteTag ? leg : undefined
  }

  return {
    calls,
    get legCount() {
      return legs.size
    },
    get bridgeCount() {
      return bridges.size
    },
    roomForCall: () => calls.size < limits.maximumCalls && legs.size + 2 <= limits.maximumLegs,
    roomForLegs: count => legs.size + count <= limits.maximumLegs,
    addCall: call => void calls.add(call),
    removeCall: call => void calls.delete(call),
    addLeg(leg) {
      legs.set(leg.localTag, leg)
      if (leg.direction === 'out') outgoing.add(leg.sipCallId)
      join(leg, leg.flow)
    },
    removeLeg(leg) {
      legs.delete(leg.localTag)
      if (leg.direction === 'out') outgoing.delete(leg.sipCallId)
      leave(leg)
    },
    legOf: request =>
      request.toTag === undefined ? undefined : legByTags(request.callId, request.toTag, request.fromTag ?? ''),
    legByTags,
    legByLocalTag: localTag => legs.get(localTag),
    isOurCallId: callId => outgoing.has(callId),
    moveLeg(leg, flow) {
      leave(leg)
      leg.flow = flow
      join(leg, flow)
    },
    legsOfFlow: flowId => [...(byFlow.get(flowId) ?? [])],
    noteInvite: (invite, leg) => void invites.set(invite, leg),
    legOfInvite: invite => invites.get(invite),
    legs: () => legs.values(),
    noteBridge: (bridge, call) => void bridges.set(bridge, call),
    forgetBridge: bridge => void bridges.delete(bridge),
    callOfBridge: bridge => bridges.get(bridge),
  }
}
