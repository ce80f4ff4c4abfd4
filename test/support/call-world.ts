/** The call room over the real transaction layer, with media, store and registrations that are fakes; time passes by hand. */
import { randomBytes } from 'node:crypto'
import { ManualClock } from '../../src/base/clock.ts'
import { type DeviceId, type ExtensionId, newId, type NodeId, type OrganisationId } from '../../src/base/ids.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { type CallService, createCallService } from '../../src/call/call-service.ts'
import { FakeAdmission, FakeBindings, FakeCallRecords, FakeMediaEngine } from '../../src/call/fakes.ts'
import type { CallServiceOptions } from '../../src/call/options.ts'
import { createDirectoryIndex, type DirectoryIndex } from '../../src/directory/directory-index.ts'
import type { Device, Extension, Organisation } from '../../src/directory/types.ts'
import { createEventBus } from '../../src/events/bus.ts'
import type { EventOf, EventType, RingfenceEvent } from '../../src/events/catalogue.ts'
import { createAuthenticator } from '../../src/sip/auth/authenticator.ts'
import { digestSecret } from '../../src/sip/auth/digest.ts'
import { createTransactionLayer, type RunningTransactionLayer } from '../../src/sip/transaction/transaction-layer.ts'
import type { Flow, FlowCloseReason, TransportProtocol } from '../../src/sip/transport/types.ts'
import type { OutsideReader } from '../../src/directory/outside-reader.ts'
import { MemoryNetwork } from './memory-network.ts'
import { Outside, withOutside } from './outside.ts'
import { ScriptedPhone } from './scripted-phone.ts'

export const DOMAIN = 'example.com'

export type WorldOptions = Partial<CallServiceOptions>

export class CallWorld {
  readonly clock = new ManualClock()
  readonly network = new MemoryNetwork()
  readonly media = new FakeMediaEngine()
  readonly records = new FakeCallRecords()
  readonly bindings = new FakeBindings()
  readonly admission = new FakeAdmission()
  readonly directory: DirectoryIndex = createDirectoryIndex()
  readonly events: RingfenceEvent[] = []
  readonly failures: string[] = []
  readonly organisation: Organisation
  readonly transactions: RunningTransactionLayer
  readonly calls: CallService
  readonly phones: ScriptedPhone[] = []

  constructor(options: WorldOptions = {}, outside: OutsideReader = new Outside()) {
    const { clock, network } = this
    this.organisation = { id: newId(clock.now()) as OrganisationId, name: 'Example', domain: DOMAIN, createdAt: 0 }
    this.directory.putOrganisation(this.organisation)
    this.transactions = createTransactionLayer({
      transport: network,
      clock,
      sentBy: flow => ({ host: flow.localAddress, port: flow.localPort }),
    })
    network.receiver = this.transactions
    const bus = createEventBus(clock, error => this.failures.push(String(error)))
    bus.subscribe(event => void this.events.push(event))
    const note = (fields: object, message: string): void =>
      void this.failures.push(`${message} ${JSON.stringify(fields)}`)
    this.calls = createCallService({
      clock,
      transactions: this.transactions,
      transport: network,
      directory: withOutside(this.directory, outside),
      bindings: this.bindings,
      media: this.media,
      records: this.records,
      admission: this.admission,
      authenticator: createAuthenticator({ clock, nonceKey: randomBytes(32) }),
      events: bus,
      logger: { ...silentLogger, error: note },
      ...options,
    })
    this.transactions.setUser(this.calls)
  }

  addExtension(number: string, name = `Extension ${number}`, organisation = this.organisation): Extension {
    const extension: Extension = {
      id: newId(this.clock.now()) as ExtensionId,
      organisationId: organisation.id,
      number,
      name,
      state: 'active',
      suspendedReason: undefined,
      createdAt: 0,
    }
    this.directory.putExtension(extension)
    return extension
  }

  addOrganisation(domain: string): Organisation {
    const id = newId(this.clock.now()) as OrganisationId
    const organisation: Organisation = { id, name: domain, domain, createdAt: 0 }
    this.directory.putOrganisation(organisation)
    return organisation
  }

  /** A device with a flow of its own, registered unless told not to be. `number`'s extension is made when it is missing. */
  phone(
    number: string,
    options: { protocol?: TransportProtocol; registered?: boolean; organisation?: Organisation } = {},
  ): ScriptedPhone {
    const { protocol = 'TLS', registered = true, organisation = this.organisation } = options
    const extension =
      this.directory.extensionByNumber(organisation.id, number) ?? this.addExtension(number, undefined, organisation)
    const username = `dev-${number}-${this.phones.length + 1}`
    const password = `secret of ${username}`
    const device: Device = {
      id: newId(this.clock.now()) as DeviceId,
      organisationId: organisation.id,
      extensionId: extension.id,
      username,
      label: '',
      secrets: {
        'SHA-256': digestSecret('SHA-256', username, organisation.domain, password),
        MD5: digestSecret('MD5', username, organisation.domain, password),
      },
      certificateFingerprint: undefined,
      allowInsecureImportedSecret: false,
      createdAt: 0,
    }
    this.directory.putDevice(device)
    const phone = new ScriptedPhone(this, { device, extension, organisation, password }, protocol)
    this.phones.push(phone)
    if (registered) this.register(phone)
    return phone
  }

  register(phone: ScriptedPhone, path: readonly string[] = []): void {
    const { device, extension } = phone.account
    this.bindings.add({
      deviceId: device.id,
      extensionId: extension.id,
      organisationId: device.organisationId,
      contact: phone.contactUri,
      instanceId: undefined,
      regId: undefined,
      path,
      callId: 'registration',
      cseq: 1,
      q: 1_000,
      userAgent: phone.userAgent,
      nodeId: newId(this.clock.now()) as NodeId,
      flowId: phone.flow.id,
      protocol: phone.flow.protocol,
      sourceAddress: phone.flow.remoteAddress,
      sourcePort: phone.flow.remotePort,
      registeredAt: this.clock.now(),
      expiresAt: this.clock.now() + 3_600_000,
    })
  }

  eventsOf<T extends EventType>(type: T): readonly EventOf<T>[] {
    return this.events.filter((event): event is Extract<RingfenceEvent, { type: T }> => event.type === type) as never
  }

  /** Lets everything run that waits for nothing but its turn. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) await new Promise<void>(resolve => setImmediate(resolve))
  }

  /** Time passes, in steps, so that what one timer starts may be answered before the next. */
  async pass(milliseconds: number): Promise<void> {
    await this.settle()
    this.clock.advance(milliseconds)
    await this.settle()
  }

  /** What still lives, all of which is zero when every call has ended and every transaction has run out. */
  async leftovers(): Promise<Readonly<Record<string, number>>> {
    await this.pass(40_000)
    await this.pass(40_000)
    return {
      calls: this.calls.liveCount,
      legs: this.calls.legCount,
      bridges: this.media.bridgeCount,
      transactions: this.transactions.size,
      timers: this.clock.pendingCount,
      failures: this.failures.length,
    }
  }

  /** As `leftovers`, after something was begun that ends while time passes. */
  async leftoversAfter(begin: () => Promise<void>): Promise<Readonly<Record<string, number>>> {
    const done = begin()
    const left = await this.leftovers()
    await done
    return left
  }

  closeFlow(flow: Flow, reason: FlowCloseReason = 'peer-closed'): void {
    this.network.closeFlow(flow, reason)
  }
}

export const NOTHING_LEFT = { calls: 0, legs: 0, bridges: 0, transactions: 0, timers: 0, failures: 0 }
