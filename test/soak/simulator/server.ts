/** The signalling of the product as composition builds it (firewall, transactions, registrar, calls), in virtual time. */
import { randomBytes } from 'node:crypto'
import {
  type CallId,
  type DeviceId,
  type ExtensionId,
  newId,
  type NodeId,
  type OrganisationId,
} from '../../../src/base/ids.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { randomHex } from '../../../src/base/random.ts'
import type { CallRecord, CallRecordRepository } from '../../../src/call/call-record.ts'
import { type CallService, createCallService } from '../../../src/call/call-service.ts'
import { createDirectoryIndex } from '../../../src/directory/directory-index.ts'
import type { Device, Extension, Organisation } from '../../../src/directory/types.ts'
import { createEventBus } from '../../../src/events/bus.ts'
import { createMessageGate } from '../../../src/firewall/message-gate.ts'
import { createSourceGuard, withoutTrunks } from '../../../src/guard/source-guard.ts'
import type { MessageGate } from '../../../src/firewall/types.ts'
import { createRegistrar, type Registrar } from '../../../src/registrar/registrar.ts'
import type { Binding, BindingRepository } from '../../../src/registrar/types.ts'
import { createAuthenticator } from '../../../src/sip/auth/authenticator.ts'
import { digestSecret } from '../../../src/sip/auth/digest.ts'
import { buildResponse } from '../../../src/sip/message/build.ts'
import type { ReportAuthentication } from '../../../src/sip/auth/outcome.ts'
import { serialise } from '../../../src/sip/message/serialise.ts'
import { createTransactionLayer, type RunningTransactionLayer } from '../../../src/sip/transaction/transaction-layer.ts'
import type { Flow } from '../../../src/sip/transport/types.ts'
import { SimulatedMedia } from './media.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { VirtualNetwork } from './virtual-network.ts'
import { Outside, withOutside } from '../../support/outside.ts'

export const DOMAIN = 'pbx.example.com'

/** Keeps records that have no end yet, and counts the causes of those that have. */
export class OpenRecords implements CallRecordRepository {
  readonly open = new Map<CallId, CallRecord>()
  readonly ended: Record<string, number> = {}

  async save(record: CallRecord): Promise<void> {
    if (record.end === undefined) {
      this.open.set(record.id, record)
      return
    }
    this.open.delete(record.id)
    this.ended[record.end.cause] = (this.ended[record.end.cause] ?? 0) + 1
  }

  async closeOrphans(): Promise<readonly CallRecord[]> {
    return []
  }

  async list(): Promise<readonly CallRecord[]> {
    return []
  }

  async find(id: string): Promise<CallRecord | undefined> {
    return this.open.get(id as CallId)
  }
}

class StoredBindings implements BindingRepository {
  readonly rows = new Map<string, Binding>()

  async load(): Promise<readonly Binding[]> {
    return []
  }

  async save(bindings: readonly Binding[]): Promise<void> {
    for (const binding of bindings) this.rows.set(`${binding.deviceId} ${binding.contact}`, binding)
  }

  async remove(bindings: readonly Binding[]): Promise<void> {
    for (const binding of bindings) this.rows.delete(`${binding.deviceId} ${binding.contact}`)
  }
}

export interface SimulatedServer {
  readonly calls: CallService
  readonly registrar: Registrar
  readonly transactions: RunningTransactionLayer
  readonly gate: MessageGate
  readonly media: SimulatedMedia
  readonly records: OpenRecords
  readonly bindings: StoredBindings
  readonly failures: string[]
  readonly events: Readonly<Record<string, number>>
  /** An extension with one device; its password. */
  addPhone(number: string): { readonly username: string; readonly password: string }
  start(): Promise<void>
  stop(): Promise<void>
}

export function createSimulatedServer(clock: VirtualClock, network: VirtualNetwork): SimulatedServer {
  const directory = createDirectoryIndex()
  const organisation: Organisation = {
    id: newId(clock.now()) as OrganisationId,
    name: 'Example',
    domain: DOMAIN,
    createdAt: 0,
  }
  directory.putOrganisation(organisation)
  const failures: string[] = []
  const events: Record<string, number> = {}
  const bus = createEventBus(clock, error => failures.push(String(error)))
  bus.subscribe(({ type }) => {
    events[type] = (events[type] ?? 0) + 1
  })
  const authenticator = createAuthenticator({ clock, nonceKey: randomBytes(32) })
  const proof = {
    onAuthentication: ((...told) => gate.noteAuthentication(...told)) satisfies ReportAuthentication<Flow>,
  }
  const bindings = new StoredBindings()
  const nodeId = newId(clock.now()) as NodeId
  const registrar = createRegistrar({
    clock,
    directory,
    repository: bindings,
    authenticator,
    nodeId,
    events: bus,
    ...proof,
    onStoreError: error => failures.push(String(error)),
  })
  const guard = createSourceGuard({
    clock,
    spared: withoutTrunks(registrar),
    isRegisteredFlow: flowId => registrar.isRegisteredFlow(flowId),
  })
  const gate = createMessageGate({ clock, registrations: registrar, events: bus, guard })
  const transactions = createTransactionLayer({
    transport: network.server,
    clock,
    sentBy: flow => ({ host: flow.localAddress, port: flow.localPort }),
    observer: { userFailed: error => failures.push((error as Error).stack ?? String(error)) },
  })
  const media = new SimulatedMedia()
  const records = new OpenRecords()
  const note = (fields: object, message: string): void => void failures.push(`${message} ${JSON.stringify(fields)}`)
  const calls = createCallService({
    clock,
    transactions,
    directory: withOutside(directory, new Outside()),
    media,
    records,
    authenticator,
    events: bus,
    ...proof,
    transport: network.server,
    bindings: registrar,
    admission: { admit: () => ({ verdict: 'allow' }) },
    logger: { ...silentLogger, error: note },
  })
  transactions.setUser({
    onRequest(request, transaction) {
      if (request.method === 'REGISTER') registrar.onRegister(request, transaction)
      else calls.onRequest(request, transaction)
    },
    onCancel: (invite, cancel) => calls.onCancel(invite, cancel),
    onAck: (ack, flow) => calls.onAck(ack, flow),
    onServerTransactionFailed: (transaction, reason) => calls.onServerTransactionFailed(transaction, reason),
    onStrayResponse: (response, flow) => calls.onStrayResponse(response, flow),
  })
  network.server.onFlowClosed((flow, reason) => registrar.flowClosed(flow, reason))
  network.receiver = {
    onMessage(message, flow) {
      const verdict = gate.admit(message, flow)
      if (verdict.kind === 'pass') return transactions.onMessage(message, flow)
      if (verdict.kind === 'drop' || message.kind === 'response') return
      network.server.send(flow, serialise(buildResponse(message, verdict.status, undefined, { toTag: randomHex(6) })))
    },
  }
  return {
    calls,
    registrar,
    transactions,
    gate,
    media,
    records,
    bindings,
    failures,
    events,
    addPhone(number) {
      const id = newId(clock.now()) as ExtensionId
      const created = { organisationId: organisation.id, createdAt: 0 }
      const names = { number, name: `Phone ${number}` }
      const extension: Extension = { id, ...created, ...names, state: 'active', suspendedReason: undefined }
      const username = `dev-${number}`
      const password = `secret of ${number}`
      const device: Device = {
        id: newId(clock.now()) as DeviceId,
        ...created,
        extensionId: id,
        username,
        label: '',
        secrets: {
          'SHA-256': digestSecret('SHA-256', username, DOMAIN, password),
          MD5: digestSecret('MD5', username, DOMAIN, password),
        },
        certificateFingerprint: undefined,
        allowInsecureImportedSecret: false,
      }
      directory.putExtension(extension)
      directory.putDevice(device)
      return { username, password }
    },
    start: () => registrar.start(),
    stop: () => registrar.stop(),
  }
}
