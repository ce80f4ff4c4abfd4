/** Builds the path of a SIP message, bottom to top, and plugs the rooms into each other. */
import { randomHex } from '../base/random.ts'
import { parseNetwork } from '../base/network.ts'
import { type CallService, createCallService } from '../call/call-service.ts'
import { hostFor } from '../call/headers.ts'
import type { DirectoryService } from '../directory/directory-service.ts'
import { createDecoys } from '../firewall/decoys.ts'
import { isThisMachine } from '../firewall/known-source.ts'
import { createGeography, type Geography } from '../geography/geography.ts'
import { createMessageGate } from '../firewall/message-gate.ts'
import type { MessageGate } from '../firewall/types.ts'
import { derivePurposeKey } from '../keys/sealer.ts'
import type { TlsIdentity } from '../keys/tls-identity.ts'
import type { MediaEngine } from '../media/media-engine.ts'
import { createRegistrar, type Registrar } from '../registrar/registrar.ts'
import { createAuthenticator } from '../sip/auth/authenticator.ts'
import type { ReportAuthentication } from '../sip/auth/outcome.ts'
import { buildResponse } from '../sip/message/build.ts'
import { serialise } from '../sip/message/serialise.ts'
import type { SipMessage, SipRequest } from '../sip/message/types.ts'
import { createTransactionLayer, type RunningTransactionLayer } from '../sip/transaction/transaction-layer.ts'
import { createTransportLayer, type TransportLayer } from '../sip/transport/transport-layer.ts'
import type { Flow, MessageReceiver } from '../sip/transport/types.ts'
import type { SubscriptionService } from '../subscription/subscription-service.ts'
import type { TrunkService } from '../trunk/types.ts'
import { listenAddresses, reachableAddress } from './addresses.ts'
import type { Core } from './core.ts'
import { createFirewall, type RunningFirewall } from './firewall.ts'
import { createRunningFraud, type RunningFraud } from './fraud-control.ts'
import { createTrunks, listeningPort, openIdentity } from './outside.ts'
import { createTransportObserver } from './observers.ts'
import { createSubscriptions } from './subscriptions.ts'
import { plainListenerOptions } from './plain-listeners.ts'
import type { Traces } from './traces.ts'

export interface Signalling {
  readonly transport: TransportLayer
  readonly transactions: RunningTransactionLayer
  readonly registrar: Registrar
  readonly gate: MessageGate
  readonly firewall: RunningFirewall
  readonly calls: CallService
  readonly trunks: TrunkService
  readonly subscriptions: SubscriptionService
  readonly fraud: RunningFraud
  readonly geography: Geography
}

/** Nothing runs yet: `transport.start()` opens the doors. */
export function createSignalling(
  core: Core,
  identity: TlsIdentity,
  media: MediaEngine,
  overloaded: () => boolean,
  traces: Pick<Traces, 'observer' | 'onLeg'>,
): Signalling {
  const { clock, bus, configuration, directory, store, logger } = core
  const { limits, registration } = configuration
  const authenticator = createAuthenticator({ clock, nonceKey: derivePurposeKey(core.masterKey.key, 'nonces') })
  const onAuthentication: ReportAuthentication<Flow> = (outcome, username, flow, request) => {
    gate.noteAuthentication(outcome, username, flow, request)
    // A phone's connection may be silent until its next registration, and is no stranger's any more.
    if (outcome === 'succeeded') transport.keepAlive(flow, registration.max)
  }
  const registrar = createRegistrar({
    clock,
    directory,
    repository: store.bindings,
    authenticator,
    nodeId: store.nodeId,
    events: bus,
    limits: {
      minimumExpires: registration.min,
      defaultExpires: registration.default,
      maximumExpires: registration.max,
      bindingsPerDevice: Math.min(limits.bindingsPerExtension, 10),
    },
    onAuthentication,
    onStoreError: error => logger.warn({ detail: String(error) }, 'bindings were not written'),
  })
  const plain = plainListenerOptions(configuration, clock.now())
  const reachable = reachableAddress(configuration)
  const isTrunkAddress = (address: string): boolean => trunks.isTrunkAddress(address)
  const geography = createGeography({
    onProblem: detail => logger.warn({ detail }, 'no address has a country: rules that ask for it are blind'),
  })
  const firewall = createFirewall({ core, registrar, geography, isTrunkAddress })
  const { guard } = firewall
  const gate = createMessageGate({
    clock,
    registrations: registrar,
    events: bus,
    guard,
    isTrunkAddress,
    isDecoy: createDecoys({ exists: name => isKnownName(directory, name), own: configuration.firewall.decoys }),
    lists: firewall.lists,
    signatures: firewall.signatures,
    modes: configuration.firewall.modes,
    isOurDomain: host => directory.organisationByDomain(host) !== undefined,
    knownNetworks: configuration.knownNetworks.map(text => parseNetwork(text)!),
    insecureNetworks: plain.flatMap(listener => listener.sources ?? []),
    limits: { unknownPerSecond: limits.messagesPerSecondPerSource },
  })
  const transport = createTransportLayer({
    clock,
    listeners: [
      ...listenAddresses(configuration).map(address => ({
        protocol: 'TLS' as const,
        address,
        port: configuration.sipTlsPort,
      })),
      ...plain,
    ],
    tls: identity,
    limits: { maximumConnections: limits.connections, maximumConnectionsPerSource: limits.connectionsPerSource },
    messageLimits: { maximumMessageLength: limits.messageSize },
    filter: gate.filter,
    observer: { ...createTransportObserver({ events: bus, clock, logger, gate }), ...traces.observer },
    isTrustedSource: isTrunkAddress,
    webSocketOrigins: configuration.webSocketOrigins,
    mayRefuse(request, flow) {
      const verdict = gate.mayRefuse(request, flow)
      if (verdict.kind === 'drop' && verdict.close === true) transport.close(flow, 'refused')
      return verdict.kind === 'pass'
    },
    mayAnswer: flow =>
      flow.reliable ||
      registrar.wasRegisteredSource(flow.remoteAddress) ||
      trunks.isTrunkAddress(flow.remoteAddress) ||
      isNamed(flow),
  })
  const transactions = createTransactionLayer({
    transport,
    clock,
    limits: { maximumTransactions: limits.transactions },
    // What keeps phones where they are, and calls for help, are the last to be refused.
    overloaded: (request, flow) =>
      overloaded() && !(isRefresh(request, flow, registrar) || calls.isCallForHelp(request, flow)),
    sentBy: flow => ({
      host: hostFor(flow, { externalAddress: configuration.externalAddress, reachableAddress: reachable }),
      port: listeningPort(transport, flow),
    }),
    observer: { userFailed: error => logger.error({ detail: (error as Error).stack }, 'a request failed inside') },
  })
  const isDeviceFlow = (flowId: string): boolean => registrar.deviceOfFlow(flowId) !== undefined
  const trunks = createTrunks({ core, transport, transactions, isDeviceFlow })
  const fraud = createRunningFraud({
    core,
    parts: core.fraud,
    budgets: core.budgets,
    repository: store.fraud,
    geography,
    calls: () => calls,
  })
  const calls: CallService = createCallService({
    trunks,
    callerIdentity: openIdentity(core),
    portOf: flow => listeningPort(transport, flow),
    clock,
    transactions,
    transport,
    directory,
    bindings: registrar,
    media,
    records: store.calls,
    admission: fraud.admission,
    authenticator,
    events: bus,
    logger,
    externalAddress: configuration.externalAddress,
    reachableAddress: reachable,
    maximumCalls: limits.calls,
    ringTimeMs: limits.ringTime * 1000,
    onAuthentication,
    onLeg: traces.onLeg,
  })
  const subscriptions = createSubscriptions(core, {
    transactions,
    transport,
    bindings: registrar,
    dialogs: calls.dialogs,
    authenticator,
    reachableAddress: reachable,
    onAuthentication,
  })
  transactions.setUser({
    onRequest(request, transaction) {
      if (request.method === 'REGISTER') registrar.onRegister(request, transaction)
      else if (isForSubscriptions(request, subscriptions)) subscriptions.onSubscribe(request, transaction)
      else calls.onRequest(request, transaction)
    },
    onCancel: (invite, cancel) => calls.onCancel(invite, cancel),
    onAck: (ack, flow) => calls.onAck(ack, flow),
    onServerTransactionFailed: (transaction, reason) => calls.onServerTransactionFailed(transaction, reason),
    onStrayResponse: (response, flow) => calls.onStrayResponse(response, flow),
  })
  transport.onFlowClosed((flow, reason) => registrar.flowClosed(flow, reason))
  transport.setReceiver(guarded(gate, transport, transactions))
  return { transport, transactions, registrar, gate, firewall, calls, trunks, subscriptions, fraud, geography }
}

/** A user name, or the number of an extension of any organisation. */
function isKnownName(directory: DirectoryService, name: string): boolean {
  if (directory.deviceByUsername(name) !== undefined) return true
  return directory.organisations().some(({ id }) => directory.extensionByNumber(id, name) !== undefined)
}

/** In the dialog of a call there is nothing to subscribe to: calls answer that. */
function isForSubscriptions(request: SipRequest, subscriptions: SubscriptionService): boolean {
  return request.toTag === undefined ? request.method === 'SUBSCRIBE' : subscriptions.owns(request)
}

/** A phone that renews its registration over the flow that it has: refusing it would make it come back from nothing. */
function isRefresh(request: SipRequest, flow: Flow, registrar: Registrar): boolean {
  return request.method === 'REGISTER' && registrar.deviceOfFlow(flow.id) !== undefined
}

/** A plaintext listener hears only its named networks: they are known. So is the machine itself. */
function isNamed(flow: Flow): boolean {
  return flow.listener?.insecure === true || isThisMachine(flow.remoteAddress)
}

/** The firewall's verdict on each message before the transaction layer sees it. */
function guarded(gate: MessageGate, transport: TransportLayer, next: MessageReceiver): MessageReceiver {
  return {
    onMessage(message: SipMessage, flow: Flow) {
      const verdict = gate.admit(message, flow)
      if (verdict.kind === 'pass') return next.onMessage(message, flow)
      if (verdict.kind === 'drop') {
        if (verdict.close === true) transport.close(flow, 'refused')
        return
      }
      if (message.kind === 'response') return
      const options = { toTag: randomHex(6), ...(verdict.headers === undefined ? {} : { headers: verdict.headers }) }
      transport.send(flow, serialise(buildResponse(message, verdict.status, undefined, options)))
    },
  }
}
