/** Which providers a call may go to, in which order. */
import type { OrganisationId, TrunkId } from '../base/ids.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { TrunkServiceOptions } from './options.ts'
import type { RunningTrunk } from './running-trunk.ts'

/** Of 2^20 steps: fine enough for weights. */
const STEPS = 0x10_0000

export function createCandidates(
  { directory, orderTrunks, random }: Pick<TrunkServiceOptions, 'directory' | 'orderTrunks' | 'random'>,
  running: ReadonlyMap<TrunkId, Pick<RunningTrunk, 'health' | 'demoted'>>,
): (organisationId: OrganisationId, purpose: 'call' | 'emergency') => readonly Trunk[] {
  function ordered(trunks: readonly Trunk[]): readonly Trunk[] {
    const weighed = trunks.map(trunk => {
      const each = running.get(trunk.id)
      return { trunk, healthy: each === undefined || (each.health !== 'down' && !each.demoted) }
    })
    return orderTrunks(weighed, () => random(STEPS) / STEPS).map(({ trunk }) => trunk)
  }

  return (organisationId, purpose) => {
    const providers = directory.trunks(organisationId).filter(trunk => trunk.purpose === 'provider')
    const enabled = providers.filter(trunk => trunk.state === 'enabled')
    if (purpose === 'call') return ordered(enabled.filter(trunk => running.get(trunk.id)?.health !== 'down'))
    // Somebody calls for help: each that exists, what is disabled last.
    return [...ordered(enabled), ...ordered(providers.filter(trunk => trunk.state !== 'enabled'))]
  }
}
