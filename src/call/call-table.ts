/** The calls and legs that live: found by our tag, by flow and by media bridge. Bounded by the limits. */
import { BoundedMap } from '../base/bounded.ts'
import type { ExtensionId } from '../base/ids.ts'
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
  /** Calls that the extension is a party of now, ringing ones included. */
  callsOf(extensionId: ExtensionId): number
  /** Its legs, in the order of their making. */
  legsOfExtension(extensionId: ExtensionId): readonly Leg[]
  /** Told when a leg of an extension comes, goes, or is connected. */
  onDialogsChanged(callback: (extensionId: ExtensionId) => void): void
  noteChanged(leg: Leg): void
  /** When its last call ended, on the monotonic clock; 0 where none has. */
  lastTalked(extensionId: ExtensionId): number
  noteTalked(extensionId: ExtensionId, at: number): void
  noteBridge(bridge: MediaBridge, call: Call): void
  forgetBridge(bridge: MediaBridge): void
  callOfBridge(bridge: MediaBridge): Call | undefined
  readonly bridgeCount: number
}

const MAXIMUM_TALKED = 100_000

export function createCallTable(
  limits: CallLimits,
  onLeg: (leg: Leg, what: 'began' | 'ended') => void = () => undefined,
): CallTable {
  const calls = new Set<Call>()
  const legs = new Map<string, Leg>()
  const outgoing = new Set<string>()
  const byFlow = new Map<string, Set<Leg>>()
  const watchers: ((extensionId: ExtensionId) => void)[] = []
  const byExtension = new Map<ExtensionId, Set<Leg>>()
  const bridges = new Map<MediaBridge, Call>()
  const talked = new BoundedMap<ExtensionId, number>(MAXIMUM_TALKED)
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
  function changed(leg: Leg): void {
    const { extensionId } = leg.party
    if (extensionId === undefined) return
    for (const watcher of watchers) watcher(extensionId)
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
      onLeg(leg, 'began')
      if (leg.direction === 'out') outgoing.add(leg.sipCallId)
      join(leg, leg.flow)
      const { extensionId } = leg.party
      if (extensionId === undefined) return
      const there = byExtension.get(extensionId)
      if (there === undefined) byExtension.set(extensionId, new Set([leg]))
      else there.add(leg)
      changed(leg)
    },
    removeLeg(leg) {
      if (legs.delete(leg.localTag)) onLeg(leg, 'ended')
      if (leg.direction === 'out') outgoing.delete(leg.sipCallId)
      leave(leg)
      const { extensionId } = leg.party
      const there = extensionId === undefined ? undefined : byExtension.get(extensionId)
      if (there?.delete(leg) === true && there.size === 0) byExtension.delete(extensionId!)
      changed(leg)
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
    callsOf(extensionId) {
      const found = new Set<Call>()
      for (const leg of byExtension.get(extensionId) ?? []) found.add(leg.call)
      return found.size
    },
    legsOfExtension: extensionId => [...(byExtension.get(extensionId) ?? [])],
    onDialogsChanged: callback => void watchers.push(callback),
    noteChanged: changed,
    lastTalked: extensionId => talked.get(extensionId) ?? 0,
    noteTalked: (extensionId, at) => talked.set(extensionId, at),
    noteBridge: (bridge, call) => void bridges.set(bridge, call),
    forgetBridge: bridge => void bridges.delete(bridge),
    callOfBridge: bridge => bridges.get(bridge),
  }
}
