/** How the organisation calls: number plan, what is open, office hours, caller id, where help is sent. */
import type { OrganisationId } from '../base/ids.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Actor } from '../events/system-events.ts'
import { checkLocation, checkPlan, checkSchedule } from './calling-rules.ts'
import type { OfficeSchedule, OrganisationCalling } from './calling.ts'
import { applyChange, fieldChanges } from './describe-change.ts'
import { callsForHelp } from './dialled-rules.ts'
import type { DirectoryContext } from './directory-service.ts'
import type { CallingChange, OutsideChanges } from './outside-changes.ts'
import { isList } from './outside-rules.ts'
import { refuse } from './rules.ts'
import { checkCallerId } from './target-rules.ts'
import type { DirectoryRefusal } from './types.ts'

const MAXIMUM_NOTIFIED = 50

const FIELDS = [
  'country',
  'outsidePrefix',
  'areaCode',
  'openCountries',
  'openClasses',
  'defaultCallerId',
  'offNetForwarding',
  'emergencyLocation',
  'emergencyLocationText',
  'emergencyNotify',
] as const satisfies readonly (keyof OrganisationCalling)[]

const SCHEDULE_FIELDS = ['timeZone', 'hours', 'holidays'] as const satisfies readonly (keyof OfficeSchedule)[]

export function createCallingChanges(context: DirectoryContext): Pick<OutsideChanges, 'changeCalling'> {
  return { changeCalling: (input, actor) => context.serially(() => changeCalling(context, input, actor)) }
}

async function changeCalling(
  context: DirectoryContext,
  input: CallingChange,
  actor: Actor,
): Promise<Result<OrganisationCalling, DirectoryRefusal>> {
  const { id } = context.organisation(input.organisationId)
  const before = context.outside.callingOf(id)
  const after = apply(before, input)
  const invalid =
    checkPlan(after) ??
    checkSchedule(after.schedule) ??
    checkLocation(after.emergencyLocation, after.emergencyLocationText) ??
    checkCallerId(context, id, input.defaultCallerId) ??
    checkNotified(context, id, input.emergencyNotify) ??
    checkNoHelp(context, before, after)
  if (invalid !== undefined) return fail(invalid)
  const changed = [
    ...fieldChanges(before, after, FIELDS),
    ...fieldChanges(before.schedule, after.schedule, SCHEDULE_FIELDS),
  ]
  if (changed.length === 0) return ok(before)
  await context.repository.saveCalling(after)
  context.outside.putCalling(after)
  context.events.publish('directory.calling-changed', { actor, changed }, id)
  return ok(after)
}

/** Who moves to another country calls home there: it takes the old one's place among those that are open. */
function apply(before: OrganisationCalling, input: CallingChange): OrganisationCalling {
  const after = applyChange<OrganisationCalling>(before, { ...input, schedule: undefined }, FIELDS)
  const schedule = applyChange(before.schedule, input.schedule ?? {}, SCHEDULE_FIELDS)
  if (input.openCountries !== undefined || after.country === before.country) return { ...after, schedule }
  const moved = before.openCountries.map(each => (each === before.country ? after.country : each))
  return { ...after, schedule, openCountries: [...new Set(moved)] }
}

function checkNotified(
  context: DirectoryContext,
  organisationId: OrganisationId,
  notified: readonly string[] | undefined,
): DirectoryRefusal | undefined {
  if (notified === undefined) return undefined
  if (!isList(notified, MAXIMUM_NOTIFIED)) {
    return refuse('DIRECTORY_CALLING_INVALID', `at most ${MAXIMUM_NOTIFIED} extensions are told of emergency calls`)
  }
  const missing = notified.find(each => context.index.extensionByNumber(organisationId, each) === undefined)
  if (missing === undefined) return undefined
  const text = 'who is told of emergency calls is an extension that exists: ringfence extension list'
  return refuse('DIRECTORY_EXTENSION_UNKNOWN', text)
}

/** Extensions and groups that nobody could call any more, since their numbers call for help in the new country, or with the new prefix. */
function checkNoHelp(
  context: DirectoryContext,
  before: OrganisationCalling,
  after: OrganisationCalling,
): DirectoryRefusal | undefined {
  if (after.country === before.country && after.outsidePrefix === before.outsidePrefix) return undefined
  const { organisationId: id, country } = after
  const taken = [...context.index.extensions(id), ...context.outside.groups(id)].find(each =>
    callsForHelp(context, after, each.number),
  )
  if (taken === undefined) return undefined
  const text = `${taken.number} calls for help in ${country}, and an extension or ring group has that number; remove it first`
  return refuse('DIRECTORY_EMERGENCY_NUMBER', text)
}
