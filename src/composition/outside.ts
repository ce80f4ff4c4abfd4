/** The way to the outside: trunks, and their share of the signalling. */
import { readFileSync } from 'node:fs'
import { randomInteger } from '../base/random.ts'
import { contactFor } from '../call/headers.ts'
import { orderTrunks } from '../routing/trunk-order.ts'
import type { RunningTransactionLayer } from '../sip/transaction/transaction-layer.ts'
import { type CallerIdentity, openCallerIdentity } from '../stir/caller-identity.ts'
import type { TransportLayer } from '../sip/transport/transport-layer.ts'
import type { Flow } from '../sip/transport/types.ts'
import { createTrunkService } from '../trunk/trunk-service.ts'
import type { TrunkService } from '../trunk/types.ts'
import { reachableAddress } from './addresses.ts'
import type { Core } from './core.ts'

export interface OutsideParts {
  readonly core: Core
  readonly transport: TransportLayer
  readonly transactions: RunningTransactionLayer
  readonly isDeviceFlow: (flowId: string) => boolean
}

export function createTrunks({ core, transport, transactions, isDeviceFlow }: OutsideParts): TrunkService {
  const { clock, configuration, directory, bus, logger } = core
  const ours = {
    externalAddress: configuration.externalAddress,
    reachableAddress: reachableAddress(configuration),
    portOf: (flow: Flow) => listeningPort(transport, flow),
  }
  return createTrunkService({
    clock,
    transport,
    transactions,
    directory,
    events: bus,
    logger,
    random: randomInteger,
    contactFor: flow => contactFor(flow, false, ours),
    orderTrunks,
    isDeviceFlow,
  })
}

/** Signing and verifying as configured. Throws on a file that cannot be read or used: said at the start, not at the first call. */
export function openIdentity({ configuration, clock }: Core): CallerIdentity {
  const { privateKeyFile, certificateUrl, trustAnchorsFile } = configuration.callerIdentity
  const read = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : readFileSync(file, 'utf8')
  const privateKeyPem = read(privateKeyFile)
  const signing =
    privateKeyPem === undefined || certificateUrl === undefined ? undefined : { privateKeyPem, certificateUrl }
  return openCallerIdentity({ clock, signing, trustAnchorsPem: read(trustAnchorsFile) })
}

/** The port that the peer can reach us by: of a connection that we opened, our own listener's. */
export function listeningPort(transport: TransportLayer, flow: Flow): number {
  if (flow.listener !== undefined) return flow.localPort
  return transport.listeners.find(listener => listener.protocol === flow.protocol)?.port ?? flow.localPort
}
