/** Where a number, a group or a forward leads. */
import type { CallTarget } from '../../directory/number.ts'
import type { Refusal } from '../best-response.ts'
import type { Steps } from '../hunt.ts'
import { publishRefused } from '../new-call.ts'
import { CALL_RULES } from '../errors.ts'
import { extensionSteps } from './extension-steps.ts'
import { groupSteps } from './group-steps.ts'
import { externalSteps } from './external-steps.ts'
import { pbxSteps } from './pbx-steps.ts'
import { type Trip, UNKNOWN } from './trip.ts'

export async function* targetSteps(trip: Trip, target: CallTarget): Steps {
  const { context, call } = trip
  const { directory } = context
  const organisationId = call.organisation.id
  if (target.kind === 'extension') {
    const extension = directory.extensionByNumber(organisationId, target.number)
    return extension === undefined ? UNKNOWN : yield* extensionSteps(trip, extension)
  }
  if (target.kind === 'group') {
    const group = directory.groupByNumber(organisationId, target.number)
    return group === undefined ? UNKNOWN : yield* groupSteps(trip, group)
  }
  if (target.kind === 'trunk') {
    const trunk = directory.trunkByName(organisationId, target.name)
    return trunk?.purpose === 'pbx' ? yield* pbxSteps(trip, trunk) : UNKNOWN
  }
  if (target.kind === 'reject') return { status: 603, cause: 'declined', side: 'system' }
  return directory.callingOf(organisationId).offNetForwarding
    ? yield* externalSteps(trip, target.e164)
    : closed(trip, target.e164)
}

/** The caller hears that nobody is there; the event says why. */
function closed({ context, call }: Trip, e164: string): Refusal {
  const { status, reason } = CALL_RULES.CALL_FORWARDING_CLOSED
  publishRefused(context, call, { sipCode: status, rule: 'CALL_FORWARDING_CLOSED', reason: `${reason} (${e164})` })
  return { status, cause: 'not-admitted', side: 'system' }
}
