/** How one extension calls: forwarding, do-not-disturb, caller id, privacy, limits. */
import { fail, ok, type Result } from '../base/result.ts'
import type { Actor } from '../events/system-events.ts'
import { checkPlace } from './calling-rules.ts'
import type { ExtensionCalling } from './calling.ts'
import { applyChange, fieldChanges } from './describe-change.ts'
import type { DirectoryContext } from './directory-service.ts'
import { find } from './extension-changes.ts'
import type { ExtensionCallingChange, OutsideChanges } from './outside-changes.ts'
import { isOneOf, isWhole } from './outside-rules.ts'
import { refuse } from './rules.ts'
import { checkCallerId, checkTarget } from './target-rules.ts'
import type { DirectoryRefusal, Extension } from './types.ts'

const MAXIMUM_CALLS = 1_000

const FORWARDS = ['forwardAlways', 'forwardBusy', 'forwardNoAnswer', 'forwardUnreachable'] as const

const FIELDS = [
  'callerId',
  'privacy',
  'doNotDisturb',
  ...FORWARDS,
  'noAnswerSeconds',
  'anonymous',
  'maximumCalls',
  'emergencyLocationText',
] as const satisfies readonly (keyof ExtensionCalling)[]

type ExtensionCallingChanges = Pick<OutsideChanges, 'changeExtensionCalling'>

export function createExtensionCallingChanges(context: DirectoryContext): ExtensionCallingChanges {
  return {
    changeExtensionCalling: (input, actor) => context.serially(() => changeExtensionCalling(context, input, actor)),
  }
}

async function changeExtensionCalling(
  context: DirectoryContext,
  input: ExtensionCallingChange,
  actor: Actor,
): Promise<Result<ExtensionCalling, DirectoryRefusal>> {
  const found = find(context, input)
  if (!found.ok) return found
  const extension = found.value
  const before = context.outside.extensionCalling(extension.id)
  const after = applyChange<ExtensionCalling>(before, input, FIELDS)
  const invalid =
    checkSettings(after) ??
    checkCallerId(context, extension.organisationId, input.callerId) ??
    checkForwards(context, extension, input)
  if (invalid !== undefined) return fail(invalid)
  const changed = fieldChanges(before, after, FIELDS)
  if (changed.length === 0) return ok(before)
  await context.repository.saveExtensionCalling(after)
  context.outside.putExtensionCalling(after)
  const payload = { actor, extension: extension.number, changed }
  context.events.publish('directory.extension-calling-changed', payload, extension.organisationId)
  return ok(after)
}

function checkSettings(calling: ExtensionCalling): DirectoryRefusal | undefined {
  const invalid = (text: string): DirectoryRefusal => refuse('DIRECTORY_CALLING_INVALID', text)
  if (!isWhole(calling.noAnswerSeconds, 1, 300)) return invalid('an extension rings for 1 to 300 seconds')
  if (!isWhole(calling.maximumCalls, 0, MAXIMUM_CALLS)) {
    return invalid(`an extension has at most ${MAXIMUM_CALLS} calls at once; 0 is no limit`)
  }
  if (!isOneOf(calling.anonymous, ['accept', 'reject'])) {
    return invalid('callers without a number are accepted or rejected: accept, reject')
  }
  return checkPlace(calling.emergencyLocationText)
}

/** Of what is given only: a target that is gone since must not stand in the way of do-not-disturb. */
function checkForwards(
  context: DirectoryContext,
  extension: Extension,
  input: ExtensionCallingChange,
): DirectoryRefusal | undefined {
  for (const field of FORWARDS) {
    const target = input[field]
    if (target?.kind === 'extension' && target.number === extension.number) {
      const text = `extension ${extension.number} cannot be forwarded to itself; give another target`
      return refuse('DIRECTORY_TARGET_INVALID', text)
    }
    const invalid = checkTarget(context, extension.organisationId, target)
    if (invalid !== undefined) return invalid
  }
  return undefined
}
