/** Trunks, numbers, groups and settings as plain values. */
import type { ExtensionId, OrganisationId, TrunkId } from '../../src/base/ids.ts'
import {
  defaultExtensionCalling,
  type ExtensionCalling,
  type OrganisationCalling,
} from '../../src/directory/calling.ts'
import type { OwnedNumber, RingGroup } from '../../src/directory/number.ts'
import type { OutsideReader } from '../../src/directory/outside-reader.ts'
import type { Trunk } from '../../src/directory/trunk.ts'
import type { DirectoryReader } from '../../src/directory/types.ts'

/** What is outside the organisation itself, as plain values. */
export class Outside implements OutsideReader {
  readonly trunkList: Trunk[] = []
  readonly numbers: OwnedNumber[] = []
  readonly groupList: RingGroup[] = []
  readonly extensions = new Map<ExtensionId, Partial<ExtensionCalling>>()
  calling: Partial<OrganisationCalling> = {}

  callingOf(organisationId: OrganisationId): OrganisationCalling {
    return {
      organisationId,
      country: 'DE',
      outsidePrefix: undefined,
      areaCode: undefined,
      openCountries: ['DE'],
      openClasses: [],
      defaultCallerId: undefined,
      schedule: { timeZone: 'Europe/Berlin', hours: [], holidays: [] },
      offNetForwarding: false,
      emergencyLocation: undefined,
      emergencyLocationText: undefined,
      emergencyNotify: [],
      ...this.calling,
    }
  }

  extensionCalling(extensionId: ExtensionId): ExtensionCalling {
    return { ...defaultExtensionCalling(extensionId), ...this.extensions.get(extensionId) }
  }

  groupByNumber(organisationId: OrganisationId, number: string): RingGroup | undefined {
    return this.groups(organisationId).find(each => each.number === number)
  }

  groups(organisationId: OrganisationId): readonly RingGroup[] {
    return this.groupList.filter(each => each.organisationId === organisationId)
  }

  ownedNumber(e164: string): OwnedNumber | undefined {
    return this.numbers.find(each => each.e164 === e164)
  }

  ownedNumbers(organisationId: OrganisationId): readonly OwnedNumber[] {
    return this.numbers.filter(each => each.organisationId === organisationId)
  }

  trunk(id: TrunkId): Trunk | undefined {
    return this.trunkList.find(each => each.id === id)
  }

  trunkByName(organisationId: OrganisationId, name: string): Trunk | undefined {
    return this.trunks(organisationId).find(each => each.name === name)
  }

  trunks(organisationId: OrganisationId): readonly Trunk[] {
    return this.trunkList.filter(each => each.organisationId === organisationId)
  }

  allTrunks(): readonly Trunk[] {
    return this.trunkList
  }
}

/** Both readers as one: methods of a class do not spread. */
export function withOutside(directory: DirectoryReader, outside: OutsideReader): DirectoryReader & OutsideReader {
  return new Proxy(directory, {
    get(target, name) {
      const owner = name in outside ? outside : target
      const value: unknown = Reflect.get(owner, name)
      return typeof value === 'function' ? value.bind(owner) : value
    },
  }) as DirectoryReader & OutsideReader
}
