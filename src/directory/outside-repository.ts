/** Where trunks, numbers, groups and calling are kept; implemented by `store/`. Every write is durable when its promise resolves. */
import type { GroupId, NumberId, TrunkId } from '../base/ids.ts'
import type { ExtensionCalling, OrganisationCalling } from './calling.ts'
import type { OwnedNumber, RingGroup } from './number.ts'
import type { Trunk } from './trunk.ts'

export interface StoredOutside {
  readonly trunks: readonly Trunk[]
  readonly numbers: readonly OwnedNumber[]
  readonly groups: readonly RingGroup[]
  readonly callings: readonly OrganisationCalling[]
  readonly extensionCallings: readonly ExtensionCalling[]
}

/** A `save` writes what is new and what changed alike. */
export interface OutsideRepository {
  loadOutside(): Promise<StoredOutside>
  /** The password is sealed. */
  saveTrunk(trunk: Trunk): Promise<void>
  deleteTrunk(id: TrunkId): Promise<void>
  saveNumber(number: OwnedNumber): Promise<void>
  deleteNumber(id: NumberId): Promise<void>
  saveGroup(group: RingGroup): Promise<void>
  deleteGroup(id: GroupId): Promise<void>
  saveCalling(calling: OrganisationCalling): Promise<void>
  saveExtensionCalling(calling: ExtensionCalling): Promise<void>
}
