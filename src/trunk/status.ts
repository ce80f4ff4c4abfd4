/** A trunk's state as an operator sees it. */
import type { Trunk } from '../directory/trunk.ts'
import type { RunningTrunk } from './running-trunk.ts'
import type { TrunkStatus } from './types.ts'

export function statusOf(trunk: Trunk, running: RunningTrunk | undefined, liveCalls: number): TrunkStatus {
  const flow = running?.flow
  const tls = flow?.tls
  return {
    trunkId: trunk.id,
    health: running?.health ?? 'unknown',
    problem: running?.problem?.message,
    registeredUntil: running?.registeredUntil,
    liveCalls,
    tls: tls === undefined ? undefined : { protocol: tls.protocol, cipher: tls.cipher },
    remote: flow === undefined ? undefined : { address: flow.remoteAddress, port: flow.remotePort },
    roundTrip: running?.roundTrip,
  }
}
