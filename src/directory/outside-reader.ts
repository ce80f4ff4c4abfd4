/** Synchronous reads from memory: trunks, numbers, ring groups. Asked for every call, so never a query. */
import type { OrganisationId, TrunkId } from '../base/ids.ts'
import type { CallingReader } from './calling.ts'
import type { OwnedNumber, RingGroup } from './number.ts'
import type { Trunk } from './trunk.ts'
import type { DirectoryReader } from './types.ts'

export interface OutsideReader extends CallingReader {
  groupByNumber(organisationId: OrganisationId, number: string): RingGroup | undefined
  groups(organisationId: OrganisationId): readonly RingGroup[]
  /** Over all organisations: `+` and digits. */
  ownedNumber(e164: string): OwnedNumber | undefined
  ownedNumbers(organisationId: OrganisationId): readonly OwnedNumber[]
  trunk(id: TrunkId): Trunk | undefined
  trunkByName(organisationId: OrganisationId, name: string): Trunk | undefined
  /** Those that are disabled among them. */
  trunks(organisationId: OrganisationId): readonly Trunk[]
  /** Of all organisations. */
  allTrunks(): readonly Trunk[]
}

export type Directory = DirectoryReader & OutsideReader
