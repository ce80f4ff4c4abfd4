/**
 * The directory as one organisation has it: what belongs to others is not there, whatever id or name is asked for, and every
 * change is made in this organisation. The one place that keeps organisations apart for everything an operator may ask.
 */
import type { OrganisationId } from '../base/ids.ts'
import { fail } from '../base/result.ts'
import type { DirectoryService } from './directory-service.ts'
import type { OutsideReader } from './outside-reader.ts'
import { refuse } from './rules.ts'
import type { DirectoryReader, Organisation } from './types.ts'

/** `primary` of the result is `organisation`. It cannot be loaded: the whole directory is. */
export function scopeDirectory(directory: DirectoryService, organisation: Organisation): DirectoryService {
  const own = <T extends { readonly organisationId: OrganisationId }>(found: T | undefined): T | undefined =>
    found?.organisationId === organisation.id ? found : undefined
  const ours = (id: OrganisationId): boolean => id === organisation.id
  return {
    ...readers(directory, organisation, own, ours),
    ...outsideReaders(directory, own, ours),
    ...changes(directory, organisation.id),
    primary: organisation,
    load: () => Promise.reject(new Error('a part of the directory cannot be loaded')),
    addOrganisation: async () =>
      fail(refuse('DIRECTORY_ORGANISATION_UNKNOWN', 'only the whole installation has others')),
    removeDevice: async (input, actor) => {
      const known = own(directory.deviceByUsername(input.username)) !== undefined
      // A name that no device has: the refusal is the same as for one that does not exist.
      return directory.removeDevice(known ? input : { username: '' }, actor)
    },
  }
}

type Own = <T extends { readonly organisationId: OrganisationId }>(found: T | undefined) => T | undefined
type Ours = (id: OrganisationId) => boolean

function readers(directory: DirectoryService, organisation: Organisation, own: Own, ours: Ours): DirectoryReader {
  return {
    organisationByDomain: domain => (organisation.domain === domain.toLowerCase() ? organisation : undefined),
    organisations: () => [organisation],
    extension: id => own(directory.extension(id)),
    extensionByNumber: (id, number) => (ours(id) ? directory.extensionByNumber(id, number) : undefined),
    extensions: id => (ours(id) ? directory.extensions(id) : []),
    deviceByUsername: username => own(directory.deviceByUsername(username)),
    device: id => own(directory.device(id)),
    devicesOf: id => (own(directory.extension(id)) === undefined ? [] : directory.devicesOf(id)),
  }
}

function outsideReaders(directory: DirectoryService, own: Own, ours: Ours): OutsideReader {
  return {
    callingOf(id) {
      if (!ours(id)) throw new Error('the calling of another organisation')
      return directory.callingOf(id)
    },
    extensionCalling(id) {
      if (own(directory.extension(id)) === undefined) throw new Error('an extension of another organisation')
      return directory.extensionCalling(id)
    },
    groupByNumber: (id, number) => (ours(id) ? directory.groupByNumber(id, number) : undefined),
    groups: id => (ours(id) ? directory.groups(id) : []),
    ownedNumber: e164 => own(directory.ownedNumber(e164)),
    ownedNumbers: id => (ours(id) ? directory.ownedNumbers(id) : []),
    trunk: id => own(directory.trunk(id)),
    trunkByName: (id, name) => (ours(id) ? directory.trunkByName(id, name) : undefined),
    trunks: id => (ours(id) ? directory.trunks(id) : []),
    allTrunks: () => directory.allTrunks().filter(trunk => own(trunk) !== undefined),
  }
}

/** Whatever organisation an input names, it is this one. */
function changes(directory: DirectoryService, organisationId: OrganisationId) {
  return {
    addExtension: (input, actor) => directory.addExtension({ ...input, organisationId }, actor),
    suspend: (input, actor) => directory.suspend({ ...input, organisationId }, actor),
    restore: (input, actor) => directory.restore({ ...input, organisationId }, actor),
    removeExtension: (input, actor) => directory.removeExtension({ ...input, organisationId }, actor),
    addDevice: (input, actor) => directory.addDevice({ ...input, organisationId }, actor),
    importDevices: (input, actor) => directory.importDevices({ ...input, organisationId }, actor),
    addTrunk: (input, actor) => directory.addTrunk({ ...input, organisationId }, actor),
    changeTrunk: (input, actor) => directory.changeTrunk({ ...input, organisationId }, actor),
    removeTrunk: (input, actor) => directory.removeTrunk({ ...input, organisationId }, actor),
    addNumber: (input, actor) => directory.addNumber({ ...input, organisationId }, actor),
    routeNumber: (input, actor) => directory.routeNumber({ ...input, organisationId }, actor),
    removeNumber: (input, actor) => directory.removeNumber({ ...input, organisationId }, actor),
    addGroup: (input, actor) => directory.addGroup({ ...input, organisationId }, actor),
    changeGroup: (input, actor) => directory.changeGroup({ ...input, organisationId }, actor),
    removeGroup: (input, actor) => directory.removeGroup({ ...input, organisationId }, actor),
    changeCalling: (input, actor) => directory.changeCalling({ ...input, organisationId }, actor),
    changeExtensionCalling: (input, actor) => directory.changeExtensionCalling({ ...input, organisationId }, actor),
  } satisfies Partial<DirectoryService>
}
