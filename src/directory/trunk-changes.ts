/** Adding, changing and removing trunks. */
import { newId } from '../base/ids.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Actor } from '../events/system-events.ts'
import { applyChange, fieldChanges } from './describe-change.ts'
import type { DirectoryContext } from './directory-service.ts'
import type { NewTrunk, OutsideChanges, TrunkChange, TrunkReference } from './outside-changes.ts'
import { MAXIMUM_TRUNKS } from './outside-rules.ts'
import { refuse } from './rules.ts'
import { checkUnused, usesOf } from './target-rules.ts'
import type { Trunk } from './trunk.ts'
import { checkTrunk, checkTrunkName, normaliseTrunk, TRUNK_DEFAULTS, TRUNK_FIELDS } from './trunk-rules.ts'
import type { DirectoryRefusal } from './types.ts'

type TrunkChanges = Pick<OutsideChanges, 'addTrunk' | 'changeTrunk' | 'removeTrunk'>

export function createTrunkChanges(context: DirectoryContext): TrunkChanges {
  return {
    addTrunk: (input, actor) => context.serially(() => addTrunk(context, input, actor)),
    changeTrunk: (input, actor) => context.serially(() => changeTrunk(context, input, actor)),
    removeTrunk: (input, actor) => context.serially(() => removeTrunk(context, input, actor)),
  }
}

async function addTrunk(
  context: DirectoryContext,
  input: NewTrunk,
  actor: Actor,
): Promise<Result<Trunk, DirectoryRefusal>> {
  const organisation = context.organisation(input.organisationId)
  const settings = normaliseTrunk(applyChange({ ...TRUNK_DEFAULTS, host: '' }, input, TRUNK_FIELDS))
  const invalid = checkTrunkName(input.name) ?? checkTrunk(settings)
  if (invalid !== undefined) return fail(invalid)
  if (context.outside.trunkByName(organisation.id, input.name) !== undefined) {
    const text = `trunk ${input.name} exists already; change it with: ringfence trunk change ${input.name}`
    return fail(refuse('DIRECTORY_TRUNK_EXISTS', text))
  }
  if (context.outside.allTrunks().length >= MAXIMUM_TRUNKS) {
    return fail(refuse('DIRECTORY_LIMIT', `at most ${MAXIMUM_TRUNKS} trunks; remove one first`))
  }
  const now = context.clock.now()
  const identity = { id: newId<'TrunkId'>(now), organisationId: organisation.id, name: input.name, createdAt: now }
  const trunk: Trunk = { ...identity, ...settings }
  await context.repository.saveTrunk(trunk)
  context.outside.putTrunk(trunk)
  const payload = { actor, trunk: trunk.name, host: trunk.host, weakened: weakened(trunk) }
  context.events.publish('directory.trunk-added', payload, organisation.id)
  return ok(trunk)
}

async function changeTrunk(
  context: DirectoryContext,
  input: TrunkChange,
  actor: Actor,
): Promise<Result<Trunk, DirectoryRefusal>> {
  const found = findTrunk(context, input)
  if (!found.ok) return found
  const before = found.value
  const after = normaliseTrunk(applyChange<Trunk>(before, input, TRUNK_FIELDS))
  const invalid = checkTrunk(after)
  if (invalid !== undefined) return fail(invalid)
  const changed = fieldChanges(before, after, TRUNK_FIELDS)
  if (changed.length === 0) return found
  if (before.purpose === 'pbx' && after.purpose !== 'pbx') {
    const unused = checkUnusedTrunk(context, before)
    if (!unused.ok) return unused
  }
  await context.repository.saveTrunk(after)
  context.outside.putTrunk(after)
  const payload = { actor, trunk: after.name, changed, weakened: weakened(after) }
  context.events.publish('directory.trunk-changed', payload, after.organisationId)
  return ok(after)
}

async function removeTrunk(
  context: DirectoryContext,
  input: TrunkReference,
  actor: Actor,
): Promise<Result<Trunk, DirectoryRefusal>> {
  const found = findTrunk(context, input)
  if (!found.ok) return found
  const trunk = found.value
  const unused = checkUnusedTrunk(context, trunk)
  if (!unused.ok) return unused
  await context.repository.deleteTrunk(trunk.id)
  context.outside.dropTrunk(trunk)
  context.events.publish('directory.trunk-removed', { actor, trunk: trunk.name }, trunk.organisationId)
  return found
}

function findTrunk(context: DirectoryContext, input: TrunkReference): Result<Trunk, DirectoryRefusal> {
  const trunk = context.outside.trunkByName(context.organisation(input.organisationId).id, input.name)
  if (trunk !== undefined) return ok(trunk)
  const shown = checkTrunkName(input.name) === undefined ? input.name : 'of that name'
  return fail(refuse('DIRECTORY_TRUNK_UNKNOWN', `there is no trunk ${shown}; list them with: ringfence trunk list`))
}

function checkUnusedTrunk(context: DirectoryContext, trunk: Trunk): Result<undefined, DirectoryRefusal> {
  const uses = usesOf(context, trunk.organisationId, { kind: 'trunk', name: trunk.name })
  return checkUnused(`trunk ${trunk.name}`, uses)
}

/** What is not encrypted towards it. */
function weakened(trunk: Trunk): readonly string[] {
  const options = ['allowInsecureSignalling', 'allowInsecureMedia'] as const
  return options.filter(option => trunk[option])
}
