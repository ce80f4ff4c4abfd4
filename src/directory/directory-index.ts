/** The whole directory in memory, for questions that every request asks. Bounded by the limits in `rules.ts`. */
import type { DeviceId, ExtensionId, OrganisationId } from '../base/ids.ts'
import type { Device, DirectoryReader, Extension, Organisation } from './types.ts'

export interface DirectoryIndex extends DirectoryReader {
  readonly extensionCount: number
  putOrganisation(organisation: Organisation): void
  putExtension(extension: Extension): void
  putDevice(device: Device): void
  dropExtension(extension: Extension): void
  dropDevice(device: Device): void
}

interface Maps {
  readonly organisations: Map<OrganisationId, Organisation>
  readonly byDomain: Map<string, Organisation>
  readonly extensions: Map<ExtensionId, Extension>
  readonly byNumber: Map<string, Extension>
  readonly ofOrganisation: Map<OrganisationId, Map<ExtensionId, Extension>>
  readonly devices: Map<DeviceId, Device>
  readonly byUsername: Map<string, Device>
  readonly ofExtension: Map<ExtensionId, readonly Device[]>
}

const NO_DEVICES: readonly Device[] = []

export function createDirectoryIndex(): DirectoryIndex {
  const maps: Maps = {
    organisations: new Map(),
    byDomain: new Map(),
    extensions: new Map(),
    byNumber: new Map(),
    ofOrganisation: new Map(),
    devices: new Map(),
    byUsername: new Map(),
    ofExtension: new Map(),
  }
  return {
    get extensionCount() {
      return maps.extensions.size
    },
    organisationByDomain: domain => maps.byDomain.get(domain) ?? maps.byDomain.get(domain.toLowerCase()),
    organisations: () => [...maps.organisations.values()],
    extension: id => maps.extensions.get(id),
    extensionByNumber: (organisationId, number) => maps.byNumber.get(numberKey(organisationId, number)),
    extensions: organisationId => [...(maps.ofOrganisation.get(organisationId)?.values() ?? [])],
    deviceByUsername: username => maps.byUsername.get(username),
    device: id => maps.devices.get(id),
    devicesOf: extensionId => maps.ofExtension.get(extensionId) ?? NO_DEVICES,
    putOrganisation(organisation) {
      maps.organisations.set(organisation.id, organisation)
      maps.byDomain.set(organisation.domain, organisation)
    },
    putExtension: extension => putExtension(maps, extension),
    putDevice: device => putDevice(maps, device),
    dropExtension: extension => dropExtension(maps, extension),
    dropDevice: device => dropDevice(maps, device),
  }
}

function numberKey(organisationId: OrganisationId, number: string): string {
  return `${organisationId} ${number}`
}

function putExtension(maps: Maps, extension: Extension): void {
  maps.extensions.set(extension.id, extension)
  maps.byNumber.set(numberKey(extension.organisationId, extension.number), extension)
  let members = maps.ofOrganisation.get(extension.organisationId)
  if (members === undefined) {
    members = new Map()
    maps.ofOrganisation.set(extension.organisationId, members)
  }
  members.set(extension.id, extension)
}

function putDevice(maps: Maps, device: Device): void {
  maps.devices.set(device.id, device)
  maps.byUsername.set(device.username, device)
  const others = (maps.ofExtension.get(device.extensionId) ?? NO_DEVICES).filter(other => other.id !== device.id)
  maps.ofExtension.set(device.extensionId, [...others, device])
}

function dropExtension(maps: Maps, extension: Extension): void {
  for (const device of maps.ofExtension.get(extension.id) ?? NO_DEVICES) dropDevice(maps, device)
  maps.extensions.delete(extension.id)
  maps.byNumber.delete(numberKey(extension.organisationId, extension.number))
  maps.ofOrganisation.get(extension.organisationId)?.delete(extension.id)
}

function dropDevice(maps: Maps, device: Device): void {
  maps.devices.delete(device.id)
  maps.byUsername.delete(device.username)
  const rest = (maps.ofExtension.get(device.extensionId) ?? NO_DEVICES).filter(other => other.id !== device.id)
  if (rest.length === 0) maps.ofExtension.delete(device.extensionId)
  else maps.ofExtension.set(device.extensionId, rest)
}
