/** The notifier over the real transaction layer, with calls, mailboxes and registrations that are fakes; time passes by hand. */
import { randomBytes } from 'node:crypto'
import { ManualClock } from '../../src/base/clock.ts'
import { type DeviceId, type ExtensionId, newId, type NodeId, type OrganisationId } from '../../src/base/ids.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { FakeBindings } from '../../src/call/fakes.ts'
import { identifyCaller } from '../../src/call/identify-caller.ts'
import { createDirectoryIndex, type DirectoryIndex } from '../../src/directory/directory-index.ts'
import type { Device, Extension, Organisation } from '../../src/directory/types.ts'
import { createEventBus, type EventBus } from '../../src/events/bus.ts'
import { createAuthenticator } from '../../src/sip/auth/authenticator.ts'
import { digestSecret } from '../../src/sip/auth/digest.ts'
import { createTransactionLayer, type RunningTransactionLayer } from '../../src/sip/transaction/transaction-layer.ts'
import type { Flow, TransportProtocol } from '../../src/sip/transport/types.ts'
import type { SubscriptionLimits } from '../../src/subscription/options.ts'
import { createSubscriptionService, type SubscriptionService } from '../../src/subscription/subscription-service.ts'
import type { WatchedDialog } from '../../src/subscription/types.ts'
import { MemoryNetwork } from './memory-network.ts'
import { ScriptedPhone } from './scripted-phone.ts'

/** Calls and messages as a test says them. */
export class FakeStates {
  readonly dialogs = new Map<ExtensionId, readonly WatchedDialog[]>()
  readonly messages = new Map<ExtensionId, { readonly newMessages: number; readonly oldMessages: number }>()
  readonly #dialogWatchers: ((id: ExtensionId) => void)[] = []
  readonly #mailboxWatchers: ((id: ExtensionId) => void)[] = []

  dialogsOf(id: ExtensionId): readonly WatchedDialog[] {
    return this.dialogs.get(id) ?? []
  }

  onDialogsChanged(callback: (id: ExtensionId) => void): void {
    this.#dialogWatchers.push(callback)
  }

  waitingFor(id: ExtensionId) {
    return this.messages.get(id) ?? { newMessages: 0, oldMessages: 0 }
  }

  onMailboxChanged(callback: (id: ExtensionId) => void): void {
    this.#mailboxWatchers.push(callback)
  }

  setDialogs(id: ExtensionId, dialogs: readonly WatchedDialog[]): void {
    this.dialogs.set(id, dialogs)
    for (const callback of this.#dialogWatchers) callback(id)
  }

  setMessages(id: ExtensionId, newMessages: number, oldMessages: number): void {
    this.messages.set(id, { newMessages, oldMessages })
    for (const callback of this.#mailboxWatchers) callback(id)
  }
}

export class SubscriptionWorld {
  readonly clock = new ManualClock()
  readonly network = new MemoryNetwork()
  readonly bindings = new FakeBindings()
  readonly states = new FakeStates()
  readonly directory: DirectoryIndex = createDirectoryIndex()
  readonly failures: string[] = []
  readonly organisation: Organisation
  readonly transactions: RunningTransactionLayer
  readonly service: SubscriptionService
  readonly bus: EventBus
  #phones = 0

  constructor(limits: Partial<SubscriptionLimits> = {}) {
    const { clock, network, directory, bindings, states } = this
    this.organisation = this.addOrganisation('example.com')
    this.bus = createEventBus(clock, error => this.failures.push(String(error)))
    this.transactions = createTransactionLayer({
      transport: network,
      clock,
      sentBy: flow => ({ host: flow.localAddress, port: flow.localPort }),
      observer: { userFailed: error => void this.failures.push(String(error)) },
    })
    network.receiver = this.transactions
    const authenticator = createAuthenticator({ clock, nonceKey: randomBytes(32) })
    const who = { directory, bindings, authenticator, events: this.bus }
    this.service = createSubscriptionService({
      clock,
      transactions: this.transactions,
      transport: network,
      directory,
      bindings,
      dialogs: states,
      mailboxes: states,
      identify(request, flow, inDialog) {
        const identified = identifyCaller(request, flow, who, inDialog)
        return identified.kind === 'refused' ? { kind: 'refused', fault: { status: 403 } } : identified
      },
      strangerTag: request => authenticator.challengeTag(request),
      events: this.bus,
      logger: silentLogger,
      limits,
      contactFor: flow => `<sip:192.0.2.1:${flow.localPort};transport=${flow.protocol.toLowerCase()}>`,
    })
    this.transactions.setUser({
      onRequest: (request, transaction) => this.service.onSubscribe(request, transaction),
      onCancel() {},
      onAck() {},
      onServerTransactionFailed() {},
      onStrayResponse() {},
    })
  }

  addOrganisation(domain: string): Organisation {
    const id = newId(this.clock.now()) as OrganisationId
    const organisation: Organisation = { id, name: domain, domain, createdAt: 0 }
    this.directory.putOrganisation(organisation)
    return organisation
  }

  extension(number: string, organisation = this.organisation): Extension {
    const known = this.directory.extensionByNumber(organisation.id, number)
    if (known !== undefined) return known
    const id = newId(this.clock.now()) as ExtensionId
    const rest = { name: number, state: 'active', suspendedReason: undefined, createdAt: 0 } as const
    const extension: Extension = { id, organisationId: organisation.id, number, ...rest }
    this.directory.putExtension(extension)
    return extension
  }

  phone(number: string, protocol: TransportProtocol = 'TLS', organisation = this.organisation): ScriptedPhone {
    const extension = this.extension(number, organisation)
    const username = `dev-${number}-${++this.#phones}`
    const password = `secret of ${username}`
    const { domain } = organisation
    const device: Device = {
      id: newId(this.clock.now()) as DeviceId,
      organisationId: organisation.id,
      extensionId: extension.id,
      username,
      label: '',
      secrets: {
        'SHA-256': digestSecret('SHA-256', username, domain, password),
        MD5: digestSecret('MD5', username, domain, password),
      },
      certificateFingerprint: undefined,
      allowInsecureImportedSecret: false,
      createdAt: 0,
    }
    this.directory.putDevice(device)
    const phone = new ScriptedPhone(this, { device, extension, organisation, password }, protocol)
    this.register(phone)
    return phone
  }

  register(phone: ScriptedPhone): void {
    const { device, extension } = phone.account
    const { flow } = phone
    this.bindings.add({
      deviceId: device.id,
      extensionId: extension.id,
      organisationId: device.organisationId,
      contact: phone.contactUri,
      instanceId: undefined,
      regId: undefined,
      path: [],
      callId: 'registration',
      cseq: 1,
      q: 1_000,
      userAgent: phone.userAgent,
      nodeId: newId(this.clock.now()) as NodeId,
      flowId: flow.id,
      protocol: flow.protocol,
      sourceAddress: flow.remoteAddress,
      sourcePort: flow.remotePort,
      registeredAt: this.clock.now(),
      expiresAt: this.clock.now() + 3_600_000,
    })
    this.bus.publish('registration.accepted', {
      extension: extension.number,
      username: device.username,
      contact: phone.contactUri,
      userAgent: phone.userAgent,
      source: { address: flow.remoteAddress, port: flow.remotePort, protocol: flow.protocol, tls: undefined },
      expires: 3_600,
      refreshed: false,
      authentication: 'SHA-256',
      weaker: false,
    })
  }

  /** Lets everything run that waits for nothing but its turn. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) await new Promise<void>(resolve => setImmediate(resolve))
  }

  async pass(milliseconds: number): Promise<void> {
    await this.settle()
    this.clock.advance(milliseconds)
    await this.settle()
  }

  /** All zero once the service has stopped and transactions have run out. */
  async leftovers(): Promise<Readonly<Record<string, number>>> {
    await this.pass(40_000)
    await this.pass(40_000)
    return {
      subscriptions: this.service.count,
      transactions: this.transactions.size,
      timers: this.clock.pendingCount,
      failures: this.failures.length,
    }
  }

  closeFlow(flow: Flow): void {
    this.network.closeFlow(flow, 'peer-closed')
  }
}
