/** Trunks, numbers, groups and calling in memory, for questions that every call asks. Bounded by the limits in `outside-rules.ts`. */
import type { ExtensionId, OrganisationId } from '../base/ids.ts'
import { defaultExtensionCalling, type ExtensionCalling, type OrganisationCalling } from './calling.ts'
import type { OwnedNumber, RingGroup } from './number.ts'
import type { OutsideReader } from './outside-reader.ts'
import type { Trunk } from './trunk.ts'

export interface OutsideIndex extends OutsideReader {
  readonly numberCount: number
  readonly groupCount: number
  putTrunk(trunk: Trunk): void
  dropTrunk(trunk: Trunk): void
  putNumber(number: OwnedNumber): void
  dropNumber(number: OwnedNumber): void
  putGroup(group: RingGroup): void
  dropGroup(group: RingGroup): void
  /** Of those extensions that have anything set. */
  setExtensionCallings(): Iterable<ExtensionCalling>
  putCalling(calling: OrganisationCalling): void
  putExtensionCalling(calling: ExtensionCalling): void
  dropExtensionCalling(extensionId: ExtensionId): void
}

/** `defaults` answers for organisations of which nothing was set. */
export function createOutsideIndex(defaults: (organisationId: OrganisationId) => OrganisationCalling): OutsideIndex {
  const trunks = createShelf<Trunk>(trunk => trunk.name)
  const numbers = createShelf<OwnedNumber>(number => number.e164)
  const byE164 = new Map<string, OwnedNumber>()
  const groups = createShelf<RingGroup>(group => group.number)
  const callings = new Map<OrganisationId, OrganisationCalling>()
  const extensionCallings = new Map<ExtensionId, ExtensionCalling>()
  return {
    get numberCount() {
      return byE164.size
    },
    get groupCount() {
      return groups.all().length
    },
    callingOf: organisationId => callings.get(organisationId) ?? defaults(organisationId),
    extensionCalling: extensionId => extensionCallings.get(extensionId) ?? defaultExtensionCalling(extensionId),
    groupByNumber: groups.named,
    groups: groups.of,
    ownedNumber: e164 => byE164.get(e164),
    ownedNumbers: numbers.of,
    trunk: trunks.byId,
    trunkByName: trunks.named,
    trunks: trunks.of,
    allTrunks: trunks.all,
    putTrunk: trunks.put,
    dropTrunk: trunks.drop,
    putNumber(number) {
      numbers.put(number)
      byE164.set(number.e164, number)
    },
    dropNumber(number) {
      numbers.drop(number)
      byE164.delete(number.e164)
    },
    putGroup: groups.put,
    dropGroup: groups.drop,
    setExtensionCallings: () => extensionCallings.values(),
    putCalling: calling => void callings.set(calling.organisationId, calling),
    putExtensionCalling: calling => void extensionCallings.set(calling.extensionId, calling),
    dropExtensionCalling: extensionId => void extensionCallings.delete(extensionId),
  }
}

interface Kept {
  readonly id: string
  readonly organisationId: OrganisationId
}

interface Shelf<T extends Kept> {
  byId(id: T['id']): T | undefined
  named(organisationId: OrganisationId, name: string): T | undefined
  of(organisationId: OrganisationId): readonly T[]
  all(): readonly T[]
  put(item: T): void
  drop(item: T): void
}

/** By id, and by a name that is unique in the organisation and stays with the id. Lists are made once for each change. */
function createShelf<T extends Kept>(nameOf: (item: T) => string): Shelf<T> {
  const items = new Map<T['id'], T>()
  const ofOrganisation = new Map<OrganisationId, Map<string, T>>()
  const lists = new Map<OrganisationId, readonly T[]>()
  let everything: readonly T[] | undefined
  const forget = (item: T): void => {
    lists.delete(item.organisationId)
    everything = undefined
  }
  return {
    byId: id => items.get(id),
    named: (organisationId, name) => ofOrganisation.get(organisationId)?.get(name),
    of(organisationId) {
      let list = lists.get(organisationId)
      if (list === undefined) {
        const named = ofOrganisation.get(organisationId)
        if (named === undefined) return []
        list = [...named.values()]
        lists.set(organisationId, list)
      }
      return list
    },
    all: () => (everything ??= [...items.values()]),
    put(item) {
      items.set(item.id, item)
      const named = ofOrganisation.get(item.organisationId) ?? new Map<string, T>()
      ofOrganisation.set(item.organisationId, named.set(nameOf(item), item))
      forget(item)
    },
    drop(item) {
      items.delete(item.id)
      ofOrganisation.get(item.organisationId)?.delete(nameOf(item))
      forget(item)
    },
  }
}
