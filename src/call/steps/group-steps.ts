/** A ring group: everybody at once, one after another, or whoever has not talked for the longest time first. */
import type { RingGroup } from '../../directory/number.ts'
import type { Extension } from '../../directory/types.ts'
import type { Refusal } from '../best-response.ts'
import { bestRefusal } from '../best-response.ts'
import { destinationsOf } from '../destinations.ts'
import type { Steps } from '../hunt.ts'
import { suitable } from './extension-steps.ts'
import { LOOP, type Trip, UNREACHABLE, visit } from './trip.ts'

export async function* groupSteps(trip: Trip, group: RingGroup): Steps {
  if (!visit(trip, `group ${group.id}`)) return LOOP
  const within = { ...trip, mayGoOn: trip.mayGoOn || group.otherwise !== undefined }
  const refusal = group.strategy === 'all' ? yield* together(within, group) : yield* inTurn(within, group)
  return group.otherwise === undefined ? refusal : yield* trip.lead(trip, group.otherwise)
}

async function* together(trip: Trip, group: RingGroup): Steps {
  const destinations = membersOf(trip, group).flatMap(member => destinationsOf(trip.context, member, trip.except))
  return yield {
    destinations: suitable(trip, destinations),
    ringTimeMs: group.stepSeconds * 1_000,
    mayGoOn: trip.mayGoOn,
  }
}

async function* inTurn(trip: Trip, group: RingGroup): Steps {
  const members = membersOf(trip, group)
  const order = group.strategy === 'longest-idle' ? longestIdleFirst(trip, members) : members
  const refusals: Refusal[] = []
  for (const [index, member] of order.entries()) {
    const destinations = suitable(trip, destinationsOf(trip.context, member, trip.except))
    if (destinations.length === 0) continue
    const mayGoOn = trip.mayGoOn || index < order.length - 1
    refusals.push(yield { destinations, ringTimeMs: group.stepSeconds * 1_000, mayGoOn })
  }
  return refusals.length === 0 ? UNREACHABLE : bestRefusal(refusals)
}

/** Those who can be disturbed: not in a call, not on do-not-disturb. Their own forwards do not count here. */
function membersOf({ context, call }: Trip, group: RingGroup): readonly Extension[] {
  const members: Extension[] = []
  for (const number of group.members) {
    const member = context.directory.extensionByNumber(call.organisation.id, number)
    if (member === undefined || context.directory.extensionCalling(member.id).doNotDisturb) continue
    if (context.table.callsOf(member.id) > 0) continue
    members.push(member)
  }
  return members
}

function longestIdleFirst({ context }: Trip, members: readonly Extension[]): readonly Extension[] {
  return members.toSorted((a, b) => context.table.lastTalked(a.id) - context.table.lastTalked(b.id))
}
