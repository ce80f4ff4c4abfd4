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
const NOT_THERE: Refusal = { status: 503, cause: 'trunk-failed', side: 'system' }
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
  let last: Refusal = NOT_THERE
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, trunk] of all.entries()) {
      const next = all[index + 1] ?? (round + 1 < ROUNDS ? all[0] : undefined)
      for (const wording of round === 0 ? [words, bare(words)] : [bare(words)]) {
        // The place is worth one attempt, and the call more than the place.
        if (wording !== words && round === 0 && !mayBeWords(last, words)) continue
        attempts.count++
        const destination = await destinationOf(trip, trunk, wording)
        if (typeof destination === 'string') {
          last = NOT_THERE
          publishFailedOver(context, call, trunk, destination, next)
          continue
        }
        const refusal: Refusal = yield { destinations: [destination], mayGoOn: true }
        last = refusal
        publishFailedOver(context, call, trunk, `it answered ${refusal.received ?? refusal.status}`, next)
      }
    }
  }
  return last
}

/** Without the place and everything else that a peer may stumble over. */
function bare(words: EmergencyWords): EmergencyWords {
  return { ...words, headers: [], attachment: undefined }
}

/** It understood the call but not what came with it: 400, 406, 413, 415, 420, 488, 513, 606 and the like. */
function mayBeWords({ received }: Refusal, words: EmergencyWords): boolean {
  if (words.attachment === undefined && words.headers.length === 0) return false
  return received !== undefined && received !== 408 && received !== 503
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
