/** What a number that is dialled inside may be: nobody else's, and never one that calls for help. */
import type { OrganisationId } from '../base/ids.ts'
import type { OrganisationCalling } from './calling.ts'
import type { DirectoryContext } from './directory-service.ts'
import { checkNumber, refuse } from './rules.ts'
import type { DirectoryRefusal } from './types.ts'

type Context = Pick<DirectoryContext, 'index' | 'outside' | 'isEmergencyNumber'>

/** For a new extension or ring group. */
export function checkFreeNumber(
  context: Context,
  organisationId: OrganisationId,
  number: string,
): DirectoryRefusal | undefined {
  return (
    checkNumber(number) ??
    checkNoEmergency(context, organisationId, number) ??
    checkTaken(context, organisationId, number)
  )
}

/** Emergency numbers come before anything else: an extension of such a number could never be called. */
function checkNoEmergency(
  context: Context,
  organisationId: OrganisationId,
  number: string,
): DirectoryRefusal | undefined {
  const calling = context.outside.callingOf(organisationId)
  if (!callsForHelp(context, calling, number)) return undefined
  return refuse('DIRECTORY_EMERGENCY_NUMBER', `${number} calls for help (${calling.country}); choose another number`)
}

/** As it is, or behind the prefix of outside numbers: both are recognised before an extension is looked for. */
export function callsForHelp(
  context: Pick<Context, 'isEmergencyNumber'>,
  { country, outsidePrefix }: Pick<OrganisationCalling, 'country' | 'outsidePrefix'>,
  number: string,
): boolean {
  if (context.isEmergencyNumber(country, number)) return true
  if (outsidePrefix === undefined || !number.startsWith(outsidePrefix)) return false
  return context.isEmergencyNumber(country, number.slice(outsidePrefix.length))
}

function checkTaken(context: Context, organisationId: OrganisationId, number: string): DirectoryRefusal | undefined {
  if (context.index.extensionByNumber(organisationId, number) !== undefined) {
    return refuse('DIRECTORY_EXTENSION_EXISTS', `extension ${number} exists already`)
  }
  if (context.outside.groupByNumber(organisationId, number) !== undefined) {
    return refuse('DIRECTORY_GROUP_EXISTS', `${number} is a ring group already; choose another number`)
  }
  return undefined
}
