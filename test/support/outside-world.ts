/** The call room with a way to the outside: trunks that a test plays, numbers, groups and settings made by hand. */
import { type GroupId, newId, type NumberId } from '../../src/base/ids.ts'
import { type FakeTrunk, FakeTrunks } from '../../src/call/fake-trunks.ts'
import type { ExtensionCalling } from '../../src/directory/calling.ts'
import type { CallTarget, OwnedNumber, RingGroup } from '../../src/directory/number.ts'
import type { Trunk } from '../../src/directory/trunk.ts'
import type { Extension } from '../../src/directory/types.ts'
import type { TransportProtocol } from '../../src/sip/transport/types.ts'
import { Outside } from './outside.ts'
import { CallWorld, type WorldOptions } from './call-world.ts'
import type { ScriptedPhone } from './scripted-phone.ts'

export interface WorldTrunk extends FakeTrunk {
  /** The far end: what a test answers and sends as the provider. */
  readonly peer: ScriptedPhone
}

export class OutsideWorld extends CallWorld {
  readonly outside: Outside
  readonly trunks: FakeTrunks

  constructor(options: WorldOptions = {}) {
    const outside = new Outside()
    const trunks = new FakeTrunks()
    super({ trunks, ...options }, outside)
    this.outside = outside
    this.trunks = trunks
  }

  trunk(name: string, settings: Partial<Trunk> = {}): WorldTrunk {
    const protocol: TransportProtocol = settings.transport ?? 'TLS'
    const stranger = this.phone(`trunk-${name}`, { protocol, registered: false })
    const trunk: Trunk = {
      id: newId<'TrunkId'>(this.clock.now()),
      organisationId: this.organisation.id,
      name,
      purpose: 'provider',
      state: 'enabled',
      host: `${name}.example`,
      port: undefined,
      transport: 'TLS',
      allowInsecureSignalling: false,
      allowInsecureMedia: false,
      sources: [],
      certificateNames: [],
      certificateAuthority: undefined,
      register: false,
      username: undefined,
      password: undefined,
      domain: undefined,
      priority: this.outside.trunkList.length,
      weight: 10,
      maximumCalls: 10,
      callsPerSecond: 10,
      numberFormat: '+e164',
      signIdentity: false,
      createdAt: 0,
      ...settings,
    }
    this.outside.trunkList.push(trunk)
    return Object.assign(this.trunks.add(trunk, stranger.flow), { peer: stranger })
  }

  number(e164: string, target: CallTarget, more: Partial<OwnedNumber> = {}): OwnedNumber {
    const number: OwnedNumber = {
      id: newId<'NumberId'>(this.clock.now()) as NumberId,
      organisationId: this.organisation.id,
      e164,
      label: '',
      target,
      afterHours: undefined,
      anonymous: 'accept',
      createdAt: 0,
      ...more,
    }
    this.outside.numbers.push(number)
    return number
  }

  group(number: string, members: readonly string[], more: Partial<RingGroup> = {}): RingGroup {
    const group: RingGroup = {
      id: newId<'GroupId'>(this.clock.now()) as GroupId,
      organisationId: this.organisation.id,
      number,
      name: `Group ${number}`,
      strategy: 'all',
      members,
      stepSeconds: 20,
      otherwise: undefined,
      createdAt: 0,
      ...more,
    }
    this.outside.groupList.push(group)
    return group
  }

  calling(extension: Extension, settings: Partial<ExtensionCalling>): void {
    this.outside.extensions.set(extension.id, { ...this.outside.extensions.get(extension.id), ...settings })
  }
}
