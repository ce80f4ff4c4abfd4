/** The directory in use: answers from memory, changes checked by the rules, made durable, then published. */
import type { Clock } from '../base/clock.ts'
import type { OrganisationId } from '../base/ids.ts'
import { newId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { Result } from '../base/result.ts'
import type { Secret } from '../base/secret.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { Actor } from '../events/system-events.ts'
import { defaultExtensionCalling } from './calling.ts'
import { createCallingChanges } from './calling-changes.ts'
import { createDeviceChanges } from './device-changes.ts'
import { createDirectoryIndex, type DirectoryIndex } from './directory-index.ts'
import { createExtensionCallingChanges } from './extension-calling-changes.ts'
import { createExtensionChanges } from './extension-changes.ts'
import { createGroupChanges } from './group-changes.ts'
import type { ImportedDevice } from './import-devices.ts'
import { createNumberChanges } from './number-changes.ts'
import { createOrganisationChanges } from './organisation-changes.ts'
import type { OutsideChanges } from './outside-changes.ts'
import { createOutsideIndex, type OutsideIndex } from './outside-index.ts'
import type { OutsideReader } from './outside-reader.ts'
import { countryOfDomain, defaultOrganisationCalling, systemTimeZone } from './default-calling.ts'
import { createTrunkChanges } from './trunk-changes.ts'
import { TRUNK_DEFAULTS } from './trunk-rules.ts'
import type {
  Device,
  DirectoryReader,
  DirectoryRefusal,
  DirectoryRepository,
  Extension,
  Organisation,
} from './types.ts'

export interface DirectoryServiceOptions {
  readonly repository: DirectoryRepository
  readonly clock: Clock
  readonly events: EventPublisher
  /** SIP domain and digest realm of the first organisation, used when the store is still empty. */
  readonly domain: string
  /** ISO 3166-1 alpha-2 of organisations of which none was set. Default: the domain's top level where it is one, else US. */
  readonly country?: string | undefined
  /** Whether people dial this for help there: no extension or group may have it. Default: none is. */
  readonly isEmergencyNumber?: ((country: string, number: string) => boolean) | undefined
  readonly logger?: Logger
}

/** Names an extension; without an organisation, of the first one. */
export interface ExtensionReference {
  readonly organisationId?: OrganisationId | undefined
  readonly number: string
}

/** The password is nowhere else: show it once. */
export interface NewDevice {
  readonly device: Device
  readonly password: Secret
}

export interface RemovedExtension {
  readonly extension: Extension
  readonly devices: readonly Device[]
  /** `number +4930123456`, `group 200`, `extension 102`: their calls go nowhere until they are routed again. */
  readonly usedBy: readonly string[]
}

type Outcome<T> = Promise<Result<T, DirectoryRefusal>>

/** Changes are done one after another; each rejects (StoreError) when it could not be made durable. */
export interface DirectoryService extends DirectoryReader, OutsideReader, OutsideChanges {
  /** Reads everything into memory; makes the first organisation in an empty store. Before any other use. */
  load(): Promise<void>
  /** The first organisation. Its domain stays: the secrets of its devices are bound to it. */
  readonly primary: Organisation
  addOrganisation(input: { readonly name: string; readonly domain: string }, actor: Actor): Outcome<Organisation>
  addExtension(input: ExtensionReference & { readonly name: string }, actor: Actor): Outcome<Extension>
  suspend(input: ExtensionReference & { readonly reason: string }, actor: Actor): Outcome<Extension>
  restore(input: ExtensionReference & { readonly reason: string }, actor: Actor): Outcome<Extension>
  /** With its devices. Never refused: who leaves loses access at once; `usedBy` names what still leads to it. */
  removeExtension(input: ExtensionReference, actor: Actor): Outcome<RemovedExtension>
  addDevice(
    input: {
      readonly organisationId?: OrganisationId | undefined
      readonly extension: string
      readonly label?: string
    },
    actor: Actor,
  ): Outcome<NewDevice>
  removeDevice(input: { readonly username: string }, actor: Actor): Outcome<Device>
  /** All rows or none; makes extensions that are missing. Every device is marked `allowInsecureImportedSecret`. */
  importDevices(
    input: { readonly organisationId?: OrganisationId | undefined; readonly devices: readonly ImportedDevice[] },
    actor: Actor,
  ): Outcome<{ readonly imported: number; readonly extensionsAdded: number }>
}

/** What the changes work on. `serially` runs one change at a time. */
export interface DirectoryContext {
  readonly index: DirectoryIndex
  readonly outside: OutsideIndex
  isEmergencyNumber(country: string, number: string): boolean
  readonly repository: DirectoryRepository
  readonly clock: Clock
  readonly events: EventPublisher
  organisation(id: OrganisationId | undefined): Organisation
  serially<T>(change: () => Promise<T>): Promise<T>
}

export function createDirectoryService(options: DirectoryServiceOptions): DirectoryService {
  const index = createDirectoryIndex()
  const country = options.country ?? countryOfDomain(options.domain)
  const timeZone = systemTimeZone()
  const outside = createOutsideIndex(id => defaultOrganisationCalling(id, country, timeZone))
  let primary: Organisation | undefined
  let last: Promise<unknown> = Promise.resolve()
  const context: DirectoryContext = {
    index,
    outside,
    isEmergencyNumber: options.isEmergencyNumber ?? (() => false),
    repository: options.repository,
    clock: options.clock,
    events: options.events,
    organisation(id) {
      if (id === undefined) return primaryOf(primary)
      const found = index.organisations().find(each => each.id === id)
      // Never another organisation's place for one that does not exist.
      if (found === undefined) throw new Error(`there is no organisation ${id}`)
      return found
    },
    serially(change) {
      const result = last.then(change)
      last = result.catch(() => undefined)
      return result
    },
  }
  return {
    ...readerOf(index),
    ...outsideReaderOf(outside),
    ...createTrunkChanges(context),
    ...createNumberChanges(context),
    ...createGroupChanges(context),
    ...createCallingChanges(context),
    ...createExtensionCallingChanges(context),
    ...createExtensionChanges(context),
    ...createDeviceChanges(context),
    ...createOrganisationChanges(context),
    get primary() {
      return primaryOf(primary)
    },
    load: () =>
      context.serially(async () => {
        primary = await load(options, index)
        await loadOutside(options, outside, primary)
      }),
  }
}

function primaryOf(organisation: Organisation | undefined): Organisation {
  if (organisation === undefined) throw new Error('the directory was not loaded')
  return organisation
}

async function load(options: DirectoryServiceOptions, index: DirectoryIndex): Promise<Organisation> {
  const stored = await options.repository.load()
  for (const organisation of stored.organisations) index.putOrganisation(organisation)
  for (const extension of stored.extensions) index.putExtension(extension)
  for (const device of stored.devices) index.putDevice(device)
  const domain = options.domain.toLowerCase()
  const first = stored.organisations.toSorted((a, b) => a.createdAt - b.createdAt)[0]
  if (first !== undefined) {
    if (first.domain !== domain) {
      options.logger?.warn(
        { configured: domain, inForce: first.domain },
        'the SIP domain stays as it was at the first start: the secrets of the phones are bound to it',
      )
    }
    return first
  }
  const now = options.clock.now()
  const organisation: Organisation = { id: newId<'OrganisationId'>(now), name: domain, domain, createdAt: now }
  await options.repository.insertOrganisation(organisation)
  index.putOrganisation(organisation)
  return organisation
}

async function loadOutside(
  { repository, logger }: DirectoryServiceOptions,
  outside: OutsideIndex,
  first: Organisation,
): Promise<void> {
  const stored = await repository.loadOutside()
  // Settings that are younger than the document have their defaults.
  for (const trunk of stored.trunks) outside.putTrunk({ ...TRUNK_DEFAULTS, ...trunk })
  for (const number of stored.numbers) outside.putNumber(number)
  for (const group of stored.groups) outside.putGroup(group)
  for (const calling of stored.callings) {
    outside.putCalling({ ...outside.callingOf(calling.organisationId), ...calling })
  }
  for (const calling of stored.extensionCallings) {
    outside.putExtensionCalling({ ...defaultExtensionCalling(calling.extensionId), ...calling })
  }
  if (!stored.callings.some(calling => calling.organisationId === first.id)) {
    const { country } = outside.callingOf(first.id)
    const text = 'the country is assumed: whose emergency numbers count; set it with: ringfence calling set --country'
    logger?.info({ country }, text)
  }
}

function readerOf(index: DirectoryIndex): DirectoryReader {
  return {
    organisationByDomain: index.organisationByDomain,
    organisations: index.organisations,
    extension: index.extension,
    extensionByNumber: index.extensionByNumber,
    extensions: index.extensions,
    deviceByUsername: index.deviceByUsername,
    device: index.device,
    devicesOf: index.devicesOf,
  }
}

function outsideReaderOf(outside: OutsideIndex): OutsideReader {
  return {
    callingOf: outside.callingOf,
    extensionCalling: outside.extensionCalling,
    groupByNumber: outside.groupByNumber,
    groups: outside.groups,
    ownedNumber: outside.ownedNumber,
    ownedNumbers: outside.ownedNumbers,
    trunk: outside.trunk,
    trunkByName: outside.trunkByName,
    trunks: outside.trunks,
    allTrunks: outside.allTrunks,
  }
}
