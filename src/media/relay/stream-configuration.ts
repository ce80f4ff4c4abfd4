/** From what was agreed to what a worker does. */
import {
  connectionOf,
  type Direction,
  directionOf,
  type MediaDescription,
  receives,
  rtcpTargetOf,
  type SessionDescription,
  sends,
} from '../sdp/index.ts'
import type { AgreedLeg, BridgeState, LegState, Side } from './bridge-state.ts'
import { codecList } from './local-description.ts'
import type { LegConfiguration, StreamConfiguration } from './protocol.ts'
import { initialTarget, type Surroundings } from './target.ts'

/** By index of the m= line. `around` says what each side's socket is bound to and where its signalling came from. */
export function streamConfigurations(
  state: BridgeState,
  around: { readonly a: Surroundings; readonly b: Surroundings },
): (StreamConfiguration | null)[] {
  return state.streams.map((stream, index) => {
    const { a, b } = stream
    if (!stream.active || a?.agreed === undefined || b?.agreed === undefined) return null
    const heardA = state.a.heard?.media[index]
    const heardB = state.b.heard?.media[index]
    if (state.a.heard === undefined || state.b.heard === undefined || heardA === undefined || heardB === undefined) {
      return null
    }
    const directionA = directionOf(state.a.heard, heardA)
    const directionB = directionOf(state.b.heard, heardB)
    return {
      kind: heardA.media === 'video' ? 'video' : 'audio',
      a: legConfiguration(a, state.a.heard, heardA, directionA, directionB, around.a),
      b: legConfiguration(b, state.b.heard, heardB, directionB, directionA, around.b),
    }
  })
}

function legConfiguration(
  leg: LegState,
  heard: SessionDescription,
  media: MediaDescription,
  own: Direction,
  peer: Direction,
  around: Surroundings,
): LegConfiguration {
  const agreed = leg.agreed!
  const { rtcpMux } = agreed
  const address = connectionOf(heard, media)?.address ?? ''
  const rtcp = rtcpTargetOf(media)
  return {
    pair: leg.pair,
    rtcpMux,
    ...keysOf(leg, agreed),
    signallingAddress: around.signallingAddress,
    target: initialTarget(address, media.port, around),
    rtcpTarget: initialTarget(rtcp.address ?? address, rtcp.port, around),
    maySend: sends(own) && receives(peer),
    expectedToSend: own === 'sendrecv' && peer === 'sendrecv',
    codecs: codecList(media),
  }
}

function keysOf(leg: LegState, agreed: AgreedLeg): Pick<LegConfiguration, 'suite' | 'remoteKeys' | 'localKey'> {
  if (agreed.suite === undefined) return { suite: undefined, remoteKeys: [], localKey: '' }
  return {
    suite: agreed.suite,
    remoteKeys: agreed.crypto.keys.map(({ keyAndSalt, mki, lifetime }) => ({
      keyAndSalt: keyAndSalt.toString('base64'),
      mki: mki?.toString('base64'),
      lifetime,
    })),
    localKey: leg.keys.get(agreed.suite)!.toString('base64'),
  }
}

/** True when `description` puts the other side on hold: it sends at most, and takes nothing (RFC 3264 §8.4). */
export function holds(description: SessionDescription): boolean {
  const media =
    description.media.find(candidate => candidate.port !== 0 && candidate.media === 'audio') ??
    description.media.find(candidate => candidate.port !== 0)
  return media !== undefined && !receives(directionOf(description, media))
}

export type { Side }
