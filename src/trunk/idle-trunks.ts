/** Trunks that do not run, disabled ones: nobody registers there or asks for them, but an emergency call may try them. */
import { BoundedMap } from '../base/bounded.ts'
import type { TrunkId } from '../base/ids.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { Flow } from '../sip/transport/types.ts'
import { createWay, type Way } from './connect.ts'
import { createCredentials, type TrunkCredentials } from './credentials.ts'
import type { TrunkContext } from './options.ts'
import type { TrunkReached } from './types.ts'

const REMEMBERED = 64

interface IdleTrunk {
  readonly way: Way
  readonly credentials: TrunkCredentials
  flow: Flow | undefined
}

export interface IdleTrunks {
  reach(trunk: Trunk, withinMs: number): Promise<TrunkReached>
  credentials(trunk: Trunk): TrunkCredentials
  openFlow(trunkId: TrunkId): Flow | undefined
  forget(trunkId: TrunkId): void
}

export function createIdleTrunks(context: TrunkContext): IdleTrunks {
  const trunks = new BoundedMap<TrunkId, IdleTrunk>(REMEMBERED)

  function idle(trunk: Trunk): IdleTrunk {
    let one = trunks.get(trunk.id)
    if (one === undefined) {
      const way = createWay(trunk, () => `${trunk.id} idle`, context)
      one = { way, credentials: createCredentials(), flow: undefined }
      trunks.set(trunk.id, one)
    }
    return one
  }

  return {
    async reach(trunk, withinMs) {
      const one = idle(trunk)
      const path = (flow: Flow): TrunkReached => ({
        ok: true,
        path: { flow, host: trunk.host, port: trunk.port, routes: [] },
      })
      if (one.flow?.open === true) return path(one.flow)
      const connected = await one.way.open(withinMs)
      if (!connected.ok) return connected
      one.flow = connected.flow
      context.claim(connected.flow, trunk.id)
      return path(connected.flow)
    },
    credentials: trunk => idle(trunk).credentials,
    openFlow(trunkId) {
      const flow = trunks.get(trunkId)?.flow
      return flow?.open === true ? flow : undefined
    },
    forget: trunkId => void trunks.delete(trunkId),
  }
}
