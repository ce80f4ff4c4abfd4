/** Where calls may be sent, and what would be left hanging if a target went away. */
import type { OrganisationId } from '../base/ids.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { DirectoryContext } from './directory-service.ts'
import { targetText } from './describe-change.ts'
import type { CallTarget } from './number.ts'
import { checkE164 } from './outside-rules.ts'
import { refuse } from './rules.ts'
import type { DirectoryRefusal } from './types.ts'

const SHOWN_USES = 3

/** Undefined for a target that exists, and for none. */
export function checkTarget(
  context: DirectoryContext,
  organisationId: OrganisationId,
  target: CallTarget | null | undefined,
): DirectoryRefusal | undefined {
  if (target === undefined || target === null) return undefined
  switch (target.kind) {
    case 'extension':
      if (context.index.extensionByNumber(organisationId, target.number) !== undefined) return undefined
      return unknown(target, 'add it with: ringfence extension add')
    case 'group':
      if (context.outside.groupByNumber(organisationId, target.number) !== undefined) return undefined
      return unknown(target, 'add it with: ringfence group add')
    case 'trunk':
      if (context.outside.trunkByName(organisationId, target.name)?.purpose === 'pbx') return undefined
      return unknown(target, 'a trunk takes calls where its purpose is pbx: see ringfence trunk list')
    case 'external':
      return checkE164(target.e164) ?? checkOffNet(context, organisationId, target.e164)
    case 'reject':
      return undefined
    default:
      return unknown(target, 'use extension:101, group:200, external:+4930123456, trunk:pbx or reject')
  }
}

function unknown(target: CallTarget, what: string): DirectoryRefusal {
  return refuse('DIRECTORY_TARGET_INVALID', `there is nothing at ${shown(target)}; ${what}`)
}

function shown(target: CallTarget): string {
  return String(targetText(target))
    .slice(0, 80)
    .replace(/[^\x21-\x7e]/g, '?')
}

/** Forwarding to the outside is how stolen credentials turn into money: somebody has to open it. */
function checkOffNet(context: DirectoryContext, id: OrganisationId, e164: string): DirectoryRefusal | undefined {
  if (context.outside.callingOf(id).offNetForwarding) return undefined
  return refuse(
    'DIRECTORY_FORWARDING_CLOSED',
    `forwarding to outside numbers (${e164}) is closed; open it with: ringfence calling set --allow-off-net-forwarding`,
  )
}

/** A number that the organisation owns. */
export function checkCallerId(
  context: DirectoryContext,
  organisationId: OrganisationId,
  e164: string | null | undefined,
): DirectoryRefusal | undefined {
  if (e164 === undefined || e164 === null) return undefined
  const invalid = checkE164(e164)
  if (invalid !== undefined) return invalid
  if (context.outside.ownedNumber(e164)?.organisationId === organisationId) return undefined
  return refuse(
    'DIRECTORY_CALLER_ID_NOT_OWNED',
    `${e164} is no number of yours, so nobody may call in its name; add it with: ringfence number add`,
  )
}

/** Who sends calls to `target`, in words. */
export function usesOf(
  context: DirectoryContext,
  organisationId: OrganisationId,
  target: CallTarget,
): readonly string[] {
  const wanted = targetText(target)
  const leads = (other: CallTarget | undefined): boolean => other !== undefined && targetText(other) === wanted
  const uses: string[] = []
  for (const number of context.outside.ownedNumbers(organisationId)) {
    if (leads(number.target) || leads(number.afterHours)) uses.push(`number ${number.e164}`)
  }
  for (const group of context.outside.groups(organisationId)) {
    const member = target.kind === 'extension' && group.members.includes(target.number)
    if (member || leads(group.otherwise)) uses.push(`group ${group.number}`)
  }
  for (const calling of context.outside.setExtensionCallings()) {
    const extension = context.index.extension(calling.extensionId)
    if (extension?.organisationId !== organisationId) continue
    const { forwardAlways, forwardBusy, forwardNoAnswer, forwardUnreachable } = calling
    if ([forwardAlways, forwardBusy, forwardNoAnswer, forwardUnreachable].some(leads)) {
      uses.push(`extension ${extension.number}`)
    }
  }
  return uses
}

/** Refuses what would leave calls nowhere to go: "group 200 takes the calls of number +4930123456 and group 201". */
export function checkUnused(what: string, uses: readonly string[]): Result<undefined, DirectoryRefusal> {
  if (uses.length === 0) return ok(undefined)
  const more = uses.length > SHOWN_USES ? ` and ${uses.length - SHOWN_USES} more` : ''
  const text = `${what} takes the calls of ${uses.slice(0, SHOWN_USES).join(', ')}${more}; route those elsewhere first`
  return fail(refuse('DIRECTORY_IN_USE', text))
}
