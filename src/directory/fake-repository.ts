/** A repository in memory for tests: keeps what a real one would, and fails on demand. */
import type { ExtensionCalling, OrganisationCalling } from './calling.ts'
import type { OwnedNumber, RingGroup } from './number.ts'
import type { OutsideRepository } from './outside-repository.ts'
import type { Trunk } from './trunk.ts'
import type { Device, DirectoryRepository, Extension, Organisation } from './types.ts'

export interface FakeRepositoryState {
  organisations: Organisation[]
  extensions: Extension[]
  devices: Device[]
  trunks: Trunk[]
  numbers: OwnedNumber[]
  groups: RingGroup[]
  callings: OrganisationCalling[]
  extensionCallings: ExtensionCalling[]
  failing: boolean
}

type Write = (change: () => void) => Promise<void>

export function createFakeRepository(): {
  readonly state: FakeRepositoryState
  readonly repository: DirectoryRepository
} {
  const state: FakeRepositoryState = {
    organisations: [],
    extensions: [],
    devices: [],
    trunks: [],
    numbers: [],
    groups: [],
    callings: [],
    extensionCallings: [],
    failing: false,
  }
  const write: Write = async change => {
    if (state.failing) throw new Error('the store is away')
    change()
  }
  const repository: DirectoryRepository = {
    ...outsideRepository(state, write),
    load: async () => state,
    insertOrganisation: organisation => write(() => state.organisations.push(organisation)),
    insertExtension: extension => write(() => state.extensions.push(extension)),
    updateExtension: extension =>
      write(() => {
        state.extensions = state.extensions.map(each => (each.id === extension.id ? extension : each))
      }),
    deleteExtension: id =>
      write(() => {
        state.extensions = state.extensions.filter(each => each.id !== id)
        state.devices = state.devices.filter(each => each.extensionId !== id)
        state.extensionCallings = state.extensionCallings.filter(each => each.extensionId !== id)
      }),
    insertDevices: devices => write(() => state.devices.push(...devices)),
    insertImported: (extensions, devices) =>
      write(() => {
        for (const extension of extensions) state.extensions.push(extension)
        for (const device of devices) state.devices.push(device)
      }),
    deleteDevice: id =>
      write(() => {
        state.devices = state.devices.filter(each => each.id !== id)
      }),
  }
  return { state, repository }
}

function outsideRepository(state: FakeRepositoryState, write: Write): OutsideRepository {
  return {
    loadOutside: async () => state,
    saveTrunk: trunk =>
      write(() => {
        state.trunks = saved(state.trunks, trunk, 'id')
      }),
    deleteTrunk: id =>
      write(() => {
        state.trunks = state.trunks.filter(each => each.id !== id)
      }),
    saveNumber: number =>
      write(() => {
        state.numbers = saved(state.numbers, number, 'id')
      }),
    deleteNumber: id =>
      write(() => {
        state.numbers = state.numbers.filter(each => each.id !== id)
      }),
    saveGroup: group =>
      write(() => {
        state.groups = saved(state.groups, group, 'id')
      }),
    deleteGroup: id =>
      write(() => {
        state.groups = state.groups.filter(each => each.id !== id)
      }),
    saveCalling: calling =>
      write(() => {
        state.callings = saved(state.callings, calling, 'organisationId')
      }),
    saveExtensionCalling: calling =>
      write(() => {
        state.extensionCallings = saved(state.extensionCallings, calling, 'extensionId')
      }),
  }
}

function saved<T>(list: readonly T[], item: T, key: keyof T): T[] {
  return [...list.filter(each => each[key] !== item[key]), item]
}
