/** The checks on a parsed message, in order. Each is one rule; the first that does not pass decides. */
import { dropAmplification } from './drop-amplification.ts'
import { dropEnumeration } from './drop-enumeration.ts'
import { dropForeignContact } from './drop-foreign-contact.ts'
import { dropForeignTarget } from './drop-foreign-target.ts'
import { dropHijack } from './drop-hijack.ts'
import { dropImplausible } from './drop-implausible.ts'
import { dropInjection } from './drop-injection.ts'
import { dropLoop } from './drop-loop.ts'
import { dropMalformedSdp } from './drop-malformed-sdp.ts'
import { dropRouteAbuse } from './drop-route-abuse.ts'
import { dropScanner } from './drop-scanner.ts'
import { dropSmuggling } from './drop-smuggling.ts'
import { dropSpoofedDomain } from './drop-spoofed-domain.ts'
import { backOffAccount, capRate, dropBanned, dropMalformed, dropUnknownSource } from './standing-checks.ts'
import type { MessageCheck } from './types.ts'

/** Cheap ones first, and what says most about the sender before what says least: its name goes into the log and to detection. */
export const MESSAGE_CHECKS: readonly MessageCheck[] = [
  dropBanned,
  capRate,
  dropScanner,
  dropInjection,
  dropSmuggling,
  dropSpoofedDomain,
  dropUnknownSource,
  dropImplausible,
  dropLoop,
  dropRouteAbuse,
  dropForeignTarget,
  dropForeignContact,
  dropHijack,
  dropMalformedSdp,
  dropAmplification,
  dropEnumeration,
  backOffAccount,
]

/** Of a request that is refused as it stands: it may not even be readable. */
export const REFUSAL_CHECKS: readonly MessageCheck[] = [dropBanned, capRate, dropMalformed]
