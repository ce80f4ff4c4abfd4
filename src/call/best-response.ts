/** Which of several refusals the caller hears (RFC 3261 §16.7 step 6), and what the record says of it. Pure. */
import type { EndCause, EndSide } from './call-record.ts'

export interface Refusal {
  readonly status: number
  readonly cause: EndCause
  /** Default: the callee. */
  readonly side?: EndSide
  /** For the caller: Retry-After, Warning. */
  readonly headers?: readonly (readonly [string, string])[]
  /** What a trunk answered, 408 where it said nothing and 503 where there was no way to it. */
  readonly received?: number
}

/** Within the class 4xx these say most: what the caller can change ("401, 407, 415, 420, and 484"); busy is news, silence is not. */
const PREFERRED = [488, 415, 420, 484, 486, 403]

/** The best of what the devices answered; with none, unreachable. */
export function bestRefusal(refusals: readonly Refusal[]): Refusal {
  let best: Refusal | undefined
  for (const refusal of refusals) if (best === undefined || rank(refusal) < rank(best)) best = refusal
  return best ?? { status: 480, cause: 'unreachable', side: 'system' }
}

/** Lower is better: 6xx, then by class, within 4xx by what it tells. Unreachable devices count least: others did answer. */
function rank({ status, cause }: Refusal): number {
  if (status >= 600) return 0
  if (cause === 'unreachable') return 9_000
  const preferred = PREFERRED.indexOf(status)
  return Math.floor(status / 100) * 1_000 + (preferred === -1 ? 500 : preferred)
}

/** A device's refusal as the caller may hear it: no challenge, redirection or inner fault of the callee's side crosses. */
export function refusalOf(status: number): Refusal {
  const known = MEANINGS[status]
  if (known !== undefined) return known
  if (status >= 600) return { status: 603, cause: 'declined' }
  // A phone that redirects has not answered; forwarding is the system's, not the phone's.
  if (status < 400) return { status: 480, cause: 'unreachable' }
  if (status < 500) return { status: 480, cause: 'protocol-error' }
  // "it SHOULD NOT forward a 503" (§16.7): one phone's trouble is not ours.
  return { status: 480, cause: 'unreachable' }
}

/** What a provider says, as the caller may hear it: the number and the far end are the provider's to judge. */
export function trunkRefusalOf(status: number): Refusal {
  return { ...trunkMeaning(status), received: status }
}

function trunkMeaning(status: number): Refusal {
  if (status === 404 || status === 410 || status === 484 || status === 604)
    return { status: 404, cause: 'unknown-destination' }
  if (status === 401 || status === 407) return { status: 503, cause: 'trunk-failed', side: 'system' }
  if (status === 408 || status >= 500) {
    const global = status === 600 || status === 603 || status === 606
    if (!global) return { status: 503, cause: 'trunk-failed', side: 'system' }
  }
  // Never followed: it would lead past every control (RFC 3261 §8.1.3.4 leaves it to us).
  if (status < 400) return { status: 503, cause: 'protocol-error', side: 'system' }
  return MEANINGS[status] ?? { status: 480, cause: 'protocol-error' }
}

/** Whether another trunk may fare better: it was not there, could not, or would not let us in. The number was not judged. */
export function isTrunkFault({ received }: Refusal): boolean {
  if (received === undefined) return false
  return received === 408 || received === 401 || received === 407 || (received >= 500 && received < 600)
}

const MEANINGS: Readonly<Record<number, Refusal>> = {
  403: { status: 403, cause: 'declined' },
  404: { status: 480, cause: 'unreachable' },
  408: { status: 480, cause: 'unreachable' },
  410: { status: 480, cause: 'unreachable' },
  415: { status: 488, cause: 'media-refused' },
  480: { status: 480, cause: 'no-answer' },
  482: { status: 482, cause: 'loop' },
  483: { status: 483, cause: 'loop' },
  486: { status: 486, cause: 'busy' },
  487: { status: 480, cause: 'no-answer' },
  488: { status: 488, cause: 'media-refused' },
  600: { status: 600, cause: 'busy' },
  603: { status: 603, cause: 'declined' },
  604: { status: 480, cause: 'unreachable' },
  606: { status: 488, cause: 'media-refused' },
}
