/** Adding, changing and removing ring groups. */
import { newId, type OrganisationId } from '../base/ids.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Actor } from '../events/system-events.ts'
import { applyChange, fieldChanges } from './describe-change.ts'
import { checkFreeNumber } from './dialled-rules.ts'
import type { DirectoryContext } from './directory-service.ts'
import type { RingGroup } from './number.ts'
import type { GroupChange, GroupReference, GroupSettings, NewGroup, OutsideChanges } from './outside-changes.ts'
import { isList, isOneOf, isWhole, MAXIMUM_GROUPS, MAXIMUM_MEMBERS } from './outside-rules.ts'
import { checkName, checkNumber, refuse } from './rules.ts'
import { checkTarget, checkUnused, usesOf } from './target-rules.ts'
import type { DirectoryRefusal } from './types.ts'

type GroupChanges = Pick<OutsideChanges, 'addGroup' | 'changeGroup' | 'removeGroup'>

const FIELDS = [
  'name',
  'strategy',
  'members',
  'stepSeconds',
  'otherwise',
] as const satisfies readonly (keyof GroupSettings)[]

export function createGroupChanges(context: DirectoryContext): GroupChanges {
  return {
    addGroup: (input, actor) => context.serially(() => addGroup(context, input, actor)),
    changeGroup: (input, actor) => context.serially(() => changeGroup(context, input, actor)),
    removeGroup: (input, actor) => context.serially(() => removeGroup(context, input, actor)),
  }
}

async function addGroup(
  context: DirectoryContext,
  input: NewGroup,
  actor: Actor,
): Promise<Result<RingGroup, DirectoryRefusal>> {
  const { id: organisationId } = context.organisation(input.organisationId)
  const invalid =
    checkFreeNumber(context, organisationId, input.number) ?? checkSettings(context, organisationId, input)
  if (invalid !== undefined) return fail(invalid)
  if (context.outside.groupCount >= MAXIMUM_GROUPS) {
    return fail(refuse('DIRECTORY_LIMIT', `at most ${MAXIMUM_GROUPS} ring groups; remove one first`))
  }
  const now = context.clock.now()
  const group = applyChange<RingGroup>(
    {
      id: newId<'GroupId'>(now),
      organisationId,
      number: input.number,
      name: input.number,
      strategy: 'all',
      members: [],
      stepSeconds: 20,
      otherwise: undefined,
      createdAt: now,
    },
    input,
    FIELDS,
  )
  await context.repository.saveGroup(group)
  context.outside.putGroup(group)
  const payload = { actor, group: group.number, members: group.members }
  context.events.publish('directory.group-added', payload, organisationId)
  return ok(group)
}

async function changeGroup(
  context: DirectoryContext,
  input: GroupChange,
  actor: Actor,
): Promise<Result<RingGroup, DirectoryRefusal>> {
  const found = findGroup(context, input)
  if (!found.ok) return found
  const before = found.value
  const invalid = checkSettings(context, before.organisationId, input)
  if (invalid !== undefined) return fail(invalid)
  const after = applyChange(before, input, FIELDS)
  const changed = fieldChanges(before, after, FIELDS)
  if (changed.length === 0) return found
  await context.repository.saveGroup(after)
  context.outside.putGroup(after)
  context.events.publish('directory.group-changed', { actor, group: after.number, changed }, after.organisationId)
  return ok(after)
}

async function removeGroup(
  context: DirectoryContext,
  input: GroupReference,
  actor: Actor,
): Promise<Result<RingGroup, DirectoryRefusal>> {
  const found = findGroup(context, input)
  if (!found.ok) return found
  const group = found.value
  const uses = usesOf(context, group.organisationId, { kind: 'group', number: group.number })
  const unused = checkUnused(`group ${group.number}`, uses)
  if (!unused.ok) return unused
  await context.repository.deleteGroup(group.id)
  context.outside.dropGroup(group)
  context.events.publish('directory.group-removed', { actor, group: group.number }, group.organisationId)
  return found
}

function findGroup(context: DirectoryContext, input: GroupReference): Result<RingGroup, DirectoryRefusal> {
  const group = context.outside.groupByNumber(context.organisation(input.organisationId).id, input.number)
  if (group !== undefined) return ok(group)
  const shown = checkNumber(input.number) === undefined ? input.number : 'of that number'
  return fail(
    refuse('DIRECTORY_GROUP_UNKNOWN', `there is no ring group ${shown}; list them with: ringfence group list`),
  )
}

/** Of what is given only: a member or target that is gone since must not stand in the way of another change. */
function checkSettings(
  context: DirectoryContext,
  organisationId: OrganisationId,
  { number, name, strategy, members, stepSeconds, otherwise }: GroupChange,
): DirectoryRefusal | undefined {
  const unnamed = name === undefined ? undefined : checkName(name)
  if (unnamed !== undefined) return unnamed
  if (strategy !== undefined && !isOneOf(strategy, ['all', 'in-order', 'longest-idle'])) {
    return refuse('DIRECTORY_GROUP_INVALID', 'a ring group rings all, in-order or longest-idle')
  }
  if (stepSeconds !== undefined && !isWhole(stepSeconds, 1, 300)) {
    return refuse('DIRECTORY_GROUP_INVALID', 'one step of a ring group is 1 to 300 seconds')
  }
  if (otherwise?.kind === 'group' && otherwise.number === number) {
    return refuse('DIRECTORY_TARGET_INVALID', `group ${number} cannot follow itself; give another target`)
  }
  return checkMembers(context, organisationId, members) ?? checkTarget(context, organisationId, otherwise)
}

function checkMembers(
  context: DirectoryContext,
  organisationId: OrganisationId,
  members: readonly string[] | undefined,
): DirectoryRefusal | undefined {
  if (members === undefined) return undefined
  if (members.length === 0 || !isList(members, MAXIMUM_MEMBERS)) {
    return refuse('DIRECTORY_GROUP_INVALID', `a ring group has 1 to ${MAXIMUM_MEMBERS} extensions, each once`)
  }
  for (const member of members) {
    if (context.index.extensionByNumber(organisationId, member) !== undefined) continue
    const shown = checkNumber(member) === undefined ? member : 'of that number'
    const text = `there is no extension ${shown}; members of a ring group are extensions: ringfence extension list`
    return refuse('DIRECTORY_EXTENSION_UNKNOWN', text)
  }
  return undefined
}
