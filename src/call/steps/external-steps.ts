/** An outside number: whether it may be called, then by each trunk in turn until one takes it. */
import { callerIdFor } from '../../routing/caller-id.ts'
import type { TrunkService } from '../../trunk/types.ts'
import { admitOutside } from '../admit.ts'
import { abandonAllowance, type Allowance } from '../allowance.ts'
import { isTrunkFault, type Refusal } from '../best-response.ts'
import { CALL_RULES } from '../errors.ts'
import type { Steps } from '../hunt.ts'
import { publishRefused } from '../new-call.ts'
import { trunkDestination } from '../trunk-destination.ts'
import { publishFailedOver } from './failover.ts'
import type { Trip } from './trip.ts'

const NO_TRUNK: Refusal = { status: 503, cause: 'trunk-failed', side: 'system' }

export async function* externalSteps(trip: Trip, e164: string): Steps {
  const { context, call, payer, called } = trip
  if (context.trunks === undefined || !hasProvider(trip)) return nowhere(trip)
  const shown = shownCallerId(trip)
  const admitted = await admitOutside(context, call, payer, { e164, callerId: shown.callerId, called })
  if (admitted.refused !== undefined) {
    const { status, rule, reason } = admitted.refused
    publishRefused(context, call, { sipCode: status, rule, reason })
    return admitted.refused
  }
  const { allowance } = admitted
  call.chargedTo = allowance.payer
  try {
    return yield* byTrunks(trip, context.trunks, { e164, allowance, shown })
  } finally {
    // Nobody took it: where somebody did, it is given back with the leg.
    abandonAllowance(context, allowance)
  }
}

interface Admitted {
  readonly e164: string
  readonly allowance: Allowance
  readonly shown: ShownCallerId
}

async function* byTrunks(trip: Trip, trunks: TrunkService, { e164, allowance, shown }: Admitted): Steps {
  const { context, call } = trip
  const candidates = trunks.candidates(call.organisation.id, 'call')
  let last: Refusal = NO_TRUNK
  for (const [index, trunk] of candidates.entries()) {
    const next = candidates[index + 1]
    const slot = trunks.reserve(trunk.id, 'call')
    if (slot === undefined) {
      publishFailedOver(context, call, trunk, 'it carries as many calls as it may', next)
      continue
    }
    const reached = await trunks.reach(trunk)
    if (!reached.ok) {
      slot.release()
      trunks.noteOutcome(trunk.id, 'unavailable')
      publishFailedOver(context, call, trunk, reached.error.message, next)
      continue
    }
    const wording = { trunk, path: reached.path, slot, number: e164, allowance, ...shown }
    const destination = await trunkDestination(context, call, wording)
    const refusal: Refusal = yield { destinations: [destination], mayGoOn: trip.mayGoOn }
    if (!isTrunkFault(refusal)) return refusal
    last = refusal
    trunks.noteOutcome(trunk.id, refusal.received === 408 ? 'timeout' : 'unavailable')
    publishFailedOver(context, call, trunk, reasonOf(refusal), next)
  }
  return last
}

function reasonOf({ received }: Refusal): string {
  return received === 408 ? 'it did not answer in time' : `it answered ${received ?? 'nothing'}`
}

/** Without any provider an outside number is one that nobody here has. */
function nowhere({ context, call }: Trip): Refusal {
  const { status, reason } = CALL_RULES.CALL_UNKNOWN_DESTINATION
  publishRefused(context, call, { sipCode: status, rule: 'CALL_UNKNOWN_DESTINATION', reason })
  return { status, cause: 'unknown-destination', side: 'system' }
}

function hasProvider({ context, call }: Trip): boolean {
  return context.directory.trunks(call.organisation.id).some(({ purpose }) => purpose === 'provider')
}

interface ShownCallerId {
  readonly callerId: string | undefined
  readonly withheld: boolean
}

/** Only numbers that the organisation owns are ever shown (product policy: caller-id spoofing). */
function shownCallerId({ context, call, payer, claimedCallerId }: Trip): ShownCallerId {
  const { directory } = context
  const organisationId = call.organisation.id
  if (payer.extension !== undefined) {
    const { e164, withheld } = callerIdFor(directory, payer.extension)
    return { callerId: e164, withheld }
  }
  const claimed = claimedCallerId === undefined ? undefined : directory.ownedNumber(claimedCallerId)
  if (claimed?.organisationId === organisationId) return { callerId: claimed.e164, withheld: false }
  return { callerId: directory.callingOf(organisationId).defaultCallerId, withheld: false }
}
