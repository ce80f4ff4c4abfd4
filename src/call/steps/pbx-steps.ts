/** A PBX behind us: the number that was called, as the PBX knows it. */
import type { Trunk } from '../../directory/trunk.ts'
import { isTrunkFault } from '../best-response.ts'
import type { Steps } from '../hunt.ts'
import { trunkDestination } from '../trunk-destination.ts'
import { LOOP, type Trip, UNREACHABLE, visit } from './trip.ts'

export async function* pbxSteps(trip: Trip, trunk: Trunk): Steps {
  const { context, call } = trip
  if (!visit(trip, `trunk ${trunk.id}`) || call.caller.party.trunk?.id === trunk.id) return LOOP
  const slot = context.trunks?.reserve(trunk.id, 'call')
  if (context.trunks === undefined || slot === undefined) return UNREACHABLE
  const reached = await context.trunks.reach(trunk)
  if (!reached.ok) {
    slot.release()
    return { status: 503, cause: 'trunk-failed', side: 'system' }
  }
  const caller = call.caller.party
  const words = {
    // Written as the PBX wants it, however the provider or our phone wrote it.
    number: trip.called ?? call.to,
    callerId: caller.anonymous === true ? undefined : caller.number,
    withheld: caller.anonymous === true,
  }
  const destination = await trunkDestination(context, call, { trunk, path: reached.path, slot, ...words })
  const refusal = yield { destinations: [destination], mayGoOn: trip.mayGoOn }
  if (isTrunkFault(refusal)) context.trunks.noteOutcome(trunk.id, refusal.received === 408 ? 'timeout' : 'unavailable')
  return refusal
}
