/** Adding, routing and removing numbers of the public network. */
import { newId } from '../base/ids.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Actor } from '../events/system-events.ts'
import { applyChange, fieldChanges, targetText } from './describe-change.ts'
import type { DirectoryContext } from './directory-service.ts'
import type { OwnedNumber } from './number.ts'
import type { NewNumber, NumberChange, NumberReference, NumberSettings, OutsideChanges } from './outside-changes.ts'
import { checkE164, isOneOf, MAXIMUM_NUMBERS } from './outside-rules.ts'
import { checkLabel, refuse } from './rules.ts'
import { checkTarget } from './target-rules.ts'
import type { DirectoryRefusal } from './types.ts'

type NumberChanges = Pick<OutsideChanges, 'addNumber' | 'routeNumber' | 'removeNumber'>

const FIELDS = ['label', 'target', 'afterHours', 'anonymous'] as const satisfies readonly (keyof NumberSettings)[]

export function createNumberChanges(context: DirectoryContext): NumberChanges {
  return {
    addNumber: (input, actor) => context.serially(() => addNumber(context, input, actor)),
    routeNumber: (input, actor) => context.serially(() => routeNumber(context, input, actor)),
    removeNumber: (input, actor) => context.serially(() => removeNumber(context, input, actor)),
  }
}

async function addNumber(
  context: DirectoryContext,
  input: NewNumber,
  actor: Actor,
): Promise<Result<OwnedNumber, DirectoryRefusal>> {
  const { id: organisationId } = context.organisation(input.organisationId)
  const invalid = checkE164(input.e164) ?? checkSettings(context, organisationId, input)
  if (invalid !== undefined) return fail(invalid)
  const owner = context.outside.ownedNumber(input.e164)
  if (owner !== undefined) {
    const text = `${input.e164} is there already`
    const elsewhere = `${text}, in another organisation of this system`
    const here = `${text}; route it with: ringfence number route ${input.e164}`
    return fail(refuse('DIRECTORY_E164_EXISTS', owner.organisationId === organisationId ? here : elsewhere))
  }
  if (context.outside.numberCount >= MAXIMUM_NUMBERS) {
    return fail(refuse('DIRECTORY_LIMIT', `at most ${MAXIMUM_NUMBERS} numbers; remove one first`))
  }
  const now = context.clock.now()
  const number = applyChange<OwnedNumber>(
    {
      id: newId<'NumberId'>(now),
      organisationId,
      e164: input.e164,
      label: '',
      target: input.target,
      afterHours: undefined,
      anonymous: 'accept',
      createdAt: now,
    },
    input,
    FIELDS,
  )
  await context.repository.saveNumber(number)
  context.outside.putNumber(number)
  const payload = { actor, number: number.e164, target: routeText(number) }
  context.events.publish('directory.number-added', payload, organisationId)
  return ok(number)
}

async function routeNumber(
  context: DirectoryContext,
  input: NumberChange,
  actor: Actor,
): Promise<Result<OwnedNumber, DirectoryRefusal>> {
  const found = findNumber(context, input)
  if (!found.ok) return found
  const before = found.value
  const invalid = checkSettings(context, before.organisationId, input)
  if (invalid !== undefined) return fail(invalid)
  const after = applyChange(before, input, FIELDS)
  if (fieldChanges(before, after, FIELDS).length === 0) return found
  await context.repository.saveNumber(after)
  context.outside.putNumber(after)
  const payload = { actor, number: after.e164, before: routeText(before), after: routeText(after) }
  context.events.publish('directory.number-routed', payload, after.organisationId)
  return ok(after)
}

async function removeNumber(
  context: DirectoryContext,
  input: NumberReference,
  actor: Actor,
): Promise<Result<OwnedNumber, DirectoryRefusal>> {
  const found = findNumber(context, input)
  if (!found.ok) return found
  const number = found.value
  const users = callersAs(context, number)
  if (users.length > 0) {
    const text = `${number.e164} is the caller id of ${users.slice(0, 3).join(', ')}${users.length > 3 ? ' and others' : ''}`
    return fail(refuse('DIRECTORY_IN_USE', `${text}; give them another one first, or "none"`))
  }
  await context.repository.deleteNumber(number.id)
  context.outside.dropNumber(number)
  context.events.publish('directory.number-removed', { actor, number: number.e164 }, number.organisationId)
  return found
}

function findNumber(context: DirectoryContext, input: NumberReference): Result<OwnedNumber, DirectoryRefusal> {
  const { id } = context.organisation(input.organisationId)
  const invalid = checkE164(input.e164)
  if (invalid !== undefined) return fail(invalid)
  const number = context.outside.ownedNumber(input.e164)
  if (number?.organisationId === id) return ok(number)
  const text = `${input.e164} is no number of yours; list them with: ringfence number list`
  return fail(refuse('DIRECTORY_E164_UNKNOWN', text))
}

/** Of what is given only: a target that is gone since must not stand in the way of another change. */
function checkSettings(
  context: DirectoryContext,
  organisationId: OwnedNumber['organisationId'],
  input: NumberChange,
): DirectoryRefusal | undefined {
  if (input.anonymous !== undefined && !isOneOf(input.anonymous, ['accept', 'reject'])) {
    return refuse('DIRECTORY_CALLING_INVALID', 'callers without a number are accepted or rejected: accept, reject')
  }
  return (
    checkLabel(input.label ?? '') ??
    checkTarget(context, organisationId, input.target) ??
    checkTarget(context, organisationId, input.afterHours)
  )
}

/** Whose caller id it is. */
function callersAs(context: DirectoryContext, number: OwnedNumber): readonly string[] {
  const calling = context.outside.callingOf(number.organisationId)
  const users = calling.defaultCallerId === number.e164 ? ['the organisation'] : []
  for (const { callerId, extensionId } of context.outside.setExtensionCallings()) {
    if (callerId === number.e164) users.push(`extension ${context.index.extension(extensionId)?.number ?? ''}`)
  }
  return users
}

/** `extension:101, after hours group:200, anonymous callers rejected "Sales"`. */
function routeText({ target, afterHours, anonymous, label }: OwnedNumber): string {
  const closed = afterHours === undefined ? '' : `, after hours ${targetText(afterHours)}`
  const rejected = anonymous === 'reject' ? ', anonymous callers rejected' : ''
  return `${targetText(target)}${closed}${rejected}${label === '' ? '' : ` "${label}"`}`
}
