/** Adding, suspending, restoring and removing extensions. */
import { newId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { fail, ok } from '../base/result.ts'
import type { Actor } from '../events/system-events.ts'
import { checkFreeNumber } from './dialled-rules.ts'
import type { DirectoryContext, DirectoryService, ExtensionReference } from './directory-service.ts'
import { checkName, checkNumber, checkReason, MAXIMUM_EXTENSIONS, refuse } from './rules.ts'
import { usesOf } from './target-rules.ts'
import type { DirectoryRefusal, Extension } from './types.ts'

type ExtensionChanges = Pick<DirectoryService, 'addExtension' | 'suspend' | 'restore' | 'removeExtension'>

export function createExtensionChanges(context: DirectoryContext): ExtensionChanges {
  return {
    addExtension: (input, actor) => context.serially(() => add(context, input, actor)),
    suspend: (input, actor) => context.serially(() => change(context, input, 'suspended', actor)),
    restore: (input, actor) => context.serially(() => change(context, input, 'active', actor)),
    removeExtension: (input, actor) =>
      context.serially(async () => {
        const extension = find(context, input)
        if (!extension.ok) return extension
        const devices = context.index.devicesOf(extension.value.id)
        const { id, number, organisationId } = extension.value
        await context.repository.deleteExtension(id)
        context.index.dropExtension(extension.value)
        context.outside.dropExtensionCalling(id)
        const payload = { actor, extension: number, devices: devices.length }
        context.events.publish('directory.extension-removed', payload, organisationId)
        const usedBy = usesOf(context, organisationId, { kind: 'extension', number })
        return ok({ extension: extension.value, devices, usedBy })
      }),
  }
}

/** The extension that `input` names, or a refusal that says how to list those that exist. */
export function find(context: DirectoryContext, input: ExtensionReference): Result<Extension, DirectoryRefusal> {
  const organisation = context.organisation(input.organisationId)
  const extension = context.index.extensionByNumber(organisation.id, input.number)
  if (extension !== undefined) return ok(extension)
  const shown = checkNumber(input.number) === undefined ? input.number : 'of that name'
  return fail(
    refuse('DIRECTORY_EXTENSION_UNKNOWN', `there is no extension ${shown}; list them with: ringfence extension list`),
  )
}

async function add(
  context: DirectoryContext,
  input: ExtensionReference & { readonly name: string },
  actor: Actor,
): Promise<Result<Extension, DirectoryRefusal>> {
  const organisation = context.organisation(input.organisationId)
  const invalid = checkName(input.name) ?? checkFreeNumber(context, organisation.id, input.number)
  if (invalid !== undefined) return fail(invalid)
  if (context.index.extensionCount >= MAXIMUM_EXTENSIONS) {
    return fail(refuse('DIRECTORY_LIMIT', `at most ${MAXIMUM_EXTENSIONS} extensions`))
  }
  const now = context.clock.now()
  const extension: Extension = {
    id: newId<'ExtensionId'>(now),
    organisationId: organisation.id,
    number: input.number,
    name: input.name,
    state: 'active',
    suspendedReason: undefined,
    createdAt: now,
  }
  await context.repository.insertExtension(extension)
  context.index.putExtension(extension)
  const payload = { actor, extension: extension.number, name: extension.name }
  context.events.publish('directory.extension-added', payload, organisation.id)
  return ok(extension)
}

/** Suspending what is suspended (or restoring what is active) is no error and no event. */
async function change(
  context: DirectoryContext,
  input: ExtensionReference & { readonly reason: string },
  state: Extension['state'],
  actor: Actor,
): Promise<Result<Extension, DirectoryRefusal>> {
  const found = find(context, input)
  if (!found.ok) return found
  const invalid = checkReason(input.reason)
  if (invalid !== undefined) return fail(invalid)
  if (found.value.state === state) return found
  const suspendedReason = state === 'suspended' ? input.reason : undefined
  const extension: Extension = { ...found.value, state, suspendedReason }
  await context.repository.updateExtension(extension)
  context.index.putExtension(extension)
  const type = state === 'suspended' ? 'directory.extension-suspended' : 'directory.extension-restored'
  const payload = { actor, extension: extension.number, reason: input.reason }
  context.events.publish(type, payload, extension.organisationId)
  return ok(extension)
}
