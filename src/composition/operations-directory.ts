/** The operations on extensions and devices. */
import type { DeviceView, ExtensionView, OperationResult, Operations, Slice } from '../api/operations.ts'
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
    async extensionList({ number, ...part } = {}) {
      const own = directory.primary.id
      if (number !== undefined) {
        const found = directory.extensionByNumber(own, number)
        return done(found === undefined ? [] : [view(found)])
      }
      return done(sliceOf(directory.extensions(own), each => each.number, part).map(view))
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
    async deviceList({ extension: number, username, ...part }) {
      const own = directory.primary.id
      const one = number === undefined ? undefined : directory.extensionByNumber(own, number)
      if (number !== undefined && one === undefined) return unknownExtension(number)
      const chosen = one === undefined ? directory.extensions(own) : [one]
      const found = chosen
        .flatMap(extension => directory.devicesOf(extension.id).map(device => ({ extension, device })))
        .filter(({ device }) => username === undefined || device.username === username)
      const listed = sliceOf(found, each => each.device.username, part)
      return done(listed.map(({ extension, device }) => deviceView(options, extension, device)))
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

/** Only what is asked for is ordered and looked at: the rest of ten thousand costs a comparison each. */
function sliceOf<T>(items: readonly T[], nameOf: (item: T) => string, { after, limit }: Slice): readonly T[] {
  if (limit === undefined) return items
  const later = after === undefined ? items : items.filter(item => nameOf(item) > after)
  return later.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)).slice(0, limit)
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
