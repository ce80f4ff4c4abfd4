/** The operations on extensions and devices. */
import type { DeviceView, ExtensionView, OperationResult, Operations } from '../api/operations.ts'
import type { Device, Extension } from '../directory/types.ts'
import type { Binding } from '../registrar/types.ts'
import { heldAgainst, releaseHeld } from './fraud-undo.ts'
import type { OperationsOptions } from './operations.ts'
import { change, done, unknownExtension } from './operations-result.ts'

type DirectoryOperations = Pick<
  Operations,
  | 'extensionAdd'
  | 'extensionList'
  | 'extensionSuspend'
  | 'extensionRestore'
  | 'extensionRemove'
  | 'deviceAdd'
  | 'deviceList'
  | 'deviceRemove'
  | 'deviceImport'
>

export function directoryOperations(options: OperationsOptions): DirectoryOperations {
  const { directory, actor } = options
  const view = (extension: Extension): ExtensionView => extensionView(options, extension)
  return {
    extensionAdd: input => change(directory.addExtension(input, actor), view),
    async extensionList() {
      return done(directory.extensions(directory.primary.id).map(view))
    },
    extensionSuspend: input =>
      change(directory.suspend(input, actor), extension => {
        options.live?.extensionSuspended(extension)
        return view(extension)
      }),
    extensionRestore: input => restore(options, input),
    extensionRemove: input =>
      change(directory.removeExtension(input, actor), async ({ extension, devices }) => {
        for (const device of devices) await options.live?.deviceRemoved(device)
        return { number: extension.number, devices: devices.length }
      }),
    deviceAdd: input =>
      change(directory.addDevice(input, actor), ({ device, password }) => ({
        username: device.username,
        domain: directory.primary.domain,
        password: password.reveal(),
        registrar: `sip:${directory.primary.domain}`,
        outboundProxy: options.outboundProxy,
        ca: options.ca,
      })),
    async deviceList({ extension: number }) {
      const all = directory.extensions(directory.primary.id)
      const chosen = number === undefined ? all : all.filter(extension => extension.number === number)
      if (number !== undefined && chosen.length === 0) return unknownExtension(number)
      return done(chosen.flatMap(each => directory.devicesOf(each.id).map(device => deviceView(options, each, device))))
    },
    deviceRemove: input =>
      change(directory.removeDevice(input, actor), async device => {
        await options.live?.deviceRemoved(device)
        return { username: device.username }
      }),
    deviceImport: input => change(directory.importDevices(input, actor), ({ imported }) => ({ imported })),
  }
}

/** What toll-fraud control holds against it is over as well; otherwise it would be suspended again by its next call. */
async function restore(
  options: OperationsOptions,
  input: { readonly number: string; readonly reason: string },
): Promise<OperationResult<ExtensionView>> {
  const { directory, actor, fraud } = options
  const before = directory.extensionByNumber(directory.primary.id, input.number)
  const held = fraud === undefined || before === undefined ? [] : heldAgainst({ ...options, fraud }, before)
  return change(directory.restore(input, actor), async extension => {
    if (fraud !== undefined) await releaseHeld({ ...options, fraud }, extension, held, actor, input.reason)
    return extensionView(options, extension)
  })
}

function extensionView({ directory, live }: OperationsOptions, extension: Extension): ExtensionView {
  const bindings = live?.bindings.bindingsOf(extension.id) ?? []
  return {
    number: extension.number,
    name: extension.name,
    state: extension.state,
    suspendedReason: extension.suspendedReason ?? null,
    devices: directory.devicesOf(extension.id).length,
    registered: new Set(bindings.map(binding => binding.deviceId)).size,
  }
}

function deviceView({ live }: OperationsOptions, extension: Extension, device: Device): DeviceView {
  const binding: Binding | undefined = live?.bindings.bindingsOf(extension.id).find(each => each.deviceId === device.id)
  const authentication = binding === undefined ? null : (live?.authenticationOf(device) ?? null)
  return {
    extension: extension.number,
    username: device.username,
    label: device.label,
    registered: binding !== undefined,
    userAgent: binding?.userAgent ?? null,
    sourceAddress: binding?.sourceAddress ?? null,
    protocol: binding?.protocol ?? null,
    authentication,
    weaker: authentication === 'MD5',
    allowInsecureImportedSecret: device.allowInsecureImportedSecret,
    expiresAt: binding?.expiresAt ?? null,
  }
}
