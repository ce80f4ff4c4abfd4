/**
 * A call for help: every trunk that exists, twice, whatever it answers, until one takes it. Nothing is asked before, no limit
 * counts, and no refusal of one trunk ends it: only the caller does.
 */
import type { Trunk } from '../../directory/trunk.ts'
import type { HeaderPair } from '../../sip/message/build.ts'
import type { Refusal } from '../best-response.ts'
import type { Attachment } from '../branch.ts'
import type { Steps } from '../hunt.ts'
import { trunkDestination } from '../trunk-destination.ts'
import { publishFailedOver } from './failover.ts'
import type { Trip } from './trip.ts'

const ROUNDS = 2
/** Milliseconds that a trunk may think before the next is tried beside it in order: a dead one costs the caller this much. */
const REACH_MS = 2_000

export interface EmergencyWords {
  /** As the country writes it: `112`. */
  readonly number: string
  readonly callerId: string | undefined
  /** Geolocation and the like (RFC 6442). */
  readonly headers: readonly HeaderPair[]
  readonly attachment: Attachment | undefined
}

export async function* emergencySteps(trip: Trip, words: EmergencyWords, attempts: { count: number }): Steps {
  const { context, call } = trip
  const all = context.trunks?.candidates(call.organisation.id, 'emergency') ?? []
  let last: Refusal = { status: 503, cause: 'trunk-failed', side: 'system' }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, trunk] of all.entries()) {
      const next = all[index + 1] ?? (round + 1 < ROUNDS ? all[0] : undefined)
      attempts.count++
      const destination = await destinationOf(trip, trunk, words)
      if (typeof destination === 'string') {
        publishFailedOver(context, call, trunk, destination, next)
        continue
      }
      const refusal: Refusal = yield { destinations: [destination], mayGoOn: next !== undefined }
      last = refusal
      publishFailedOver(context, call, trunk, `it answered ${refusal.received ?? refusal.status}`, next)
    }
  }
  return last
}

/** A text: why the trunk cannot be used now. */
async function destinationOf({ context, call }: Trip, trunk: Trunk, words: EmergencyWords) {
  const { trunks } = context
  const slot = trunks?.reserve(trunk.id, 'emergency')
  if (trunks === undefined || slot === undefined) return 'it cannot be used'
  const reached = await trunks.reach(trunk, REACH_MS)
  if (!reached.ok) {
    slot.release()
    return reached.error.message
  }
  return trunkDestination(context, call, {
    ...words,
    trunk,
    path: reached.path,
    slot,
    withheld: false,
    emergency: true,
  })
}
