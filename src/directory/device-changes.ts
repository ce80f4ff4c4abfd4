/** Adding, removing and importing devices. */
import { newId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { fail, ok } from '../base/result.ts'
import { Secret } from '../base/secret.ts'
import type { Actor } from '../events/system-events.ts'
import type { DirectoryContext, DirectoryService, NewDevice } from './directory-service.ts'
import { find } from './extension-changes.ts'
import { planImport } from './import-devices.ts'
import { checkLabel, digestSecrets, MAXIMUM_DEVICES_PER_EXTENSION, newPassword, newUsername, refuse } from './rules.ts'
import type { Device, DirectoryRefusal } from './types.ts'

type DeviceChanges = Pick<DirectoryService, 'addDevice' | 'removeDevice' | 'importDevices'>

export function createDeviceChanges(context: DirectoryContext): DeviceChanges {
  return {
    addDevice: (input, actor) => context.serially(() => addDevice(context, input, actor)),
    removeDevice: (input, actor) => context.serially(() => removeDevice(context, input.username, actor)),
    importDevices: (input, actor) => context.serially(() => importDevices(context, input, actor)),
  }
}

async function addDevice(
  context: DirectoryContext,
  input: Parameters<DirectoryService['addDevice']>[0],
  actor: Actor,
): Promise<Result<NewDevice, DirectoryRefusal>> {
  const extension = find(context, { organisationId: input.organisationId, number: input.extension })
  if (!extension.ok) return extension
  const label = input.label ?? ''
  const invalid = checkLabel(label)
  if (invalid !== undefined) return fail(invalid)
  if (context.index.devicesOf(extension.value.id).length >= MAXIMUM_DEVICES_PER_EXTENSION) {
    const text = `extension ${input.extension} has ${MAXIMUM_DEVICES_PER_EXTENSION} devices already; remove one first`
    return fail(refuse('DIRECTORY_LIMIT', text))
  }
  const organisation = context.organisation(extension.value.organisationId)
  const username = unusedUsername(context)
  const password = newPassword()
  const now = context.clock.now()
  const device: Device = {
    id: newId<'DeviceId'>(now),
    organisationId: organisation.id,
    extensionId: extension.value.id,
    username,
    label,
    secrets: digestSecrets(username, organisation.domain, password),
    certificateFingerprint: undefined,
    allowInsecureImportedSecret: false,
    createdAt: now,
  }
  await context.repository.insertDevices([device])
  context.index.putDevice(device)
  const payload = { actor, extension: extension.value.number, username }
  context.events.publish('directory.device-added', payload, organisation.id)
  return ok({ device, password: new Secret(password) })
}

async function removeDevice(
  context: DirectoryContext,
  username: string,
  actor: Actor,
): Promise<Result<Device, DirectoryRefusal>> {
  const device = context.index.deviceByUsername(username)
  if (device === undefined) {
    const text = 'there is no device with that username; list them with: ringfence device list'
    return fail(refuse('DIRECTORY_DEVICE_UNKNOWN', text))
  }
  await context.repository.deleteDevice(device.id)
  context.index.dropDevice(device)
  const extension = context.index.extension(device.extensionId)?.number ?? ''
  context.events.publish('directory.device-removed', { actor, extension, username }, device.organisationId)
  return ok(device)
}

async function importDevices(
  context: DirectoryContext,
  input: Parameters<DirectoryService['importDevices']>[0],
  actor: Actor,
): Promise<Result<{ readonly imported: number; readonly extensionsAdded: number }, DirectoryRefusal>> {
  const organisation = context.organisation(input.organisationId)
  const plan = planImport(context, organisation, input.devices, context.clock.now())
  if (!plan.ok) return plan
  await context.repository.insertImported(plan.value.extensions, plan.value.devices)
  for (const extension of plan.value.extensions) context.index.putExtension(extension)
  for (const device of plan.value.devices) context.index.putDevice(device)
  const payload = { actor, count: plan.value.devices.length, allowInsecureImportedSecret: true as const }
  context.events.publish('directory.devices-imported', payload, organisation.id)
  return ok({ imported: plan.value.devices.length, extensionsAdded: plan.value.extensions.length })
}

function unusedUsername(context: DirectoryContext): string {
  for (;;) {
    const username = newUsername()
    if (context.index.deviceByUsername(username) === undefined) return username
  }
}
