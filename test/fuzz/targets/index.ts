/** All targets by name: each is a file here. Loaded one at a time, so that only what it runs is counted. */
import type { FuzzTarget } from '../engine/target.ts'

export const TARGET_NAMES: readonly string[] = [
  'sip-message',
  'sip-inbound',
  'sip-headers',
  'uri',
  'name-address',
  'via',
  'digest-credentials',
  'digest-challenge',
  'sdp',
  'stream-framer',
  'websocket',
  'stun',
  'rtp',
  'srtp',
  'relay',
  'signalling',
]

/** `name`: one of those, or the path of another file from here. Throws where there is none. */
export async function findTarget(name: string): Promise<FuzzTarget> {
  const { target } = (await import(`./${name}.ts`)) as { readonly target: FuzzTarget }
  return target
}
