/** The phone system as one process: what starts in which order, and stops in the reverse. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createControlServer } from '../api/control-server.ts'
import { createConsoleFiles } from '../api/console-files.ts'
import { createHttpsServer, type HttpsServer } from '../api/https-server.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { RunningServer } from '../cli/ports.ts'
import type { Configuration } from '../config/schema.ts'
import { weakenings } from '../config/weakenings.ts'
import { loadTlsIdentity, watchTlsIdentity } from '../keys/server-certificate.ts'
import type { TlsIdentity } from '../keys/tls-identity.ts'
import type { Route } from '../alert/undo/undo-route.ts'
import { createAlerts } from './alerts.ts'
import { createCollector } from './collector.ts'
import { watchSearches } from './search-watching.ts'
import { listenAddresses } from './addresses.ts'
import { keepCompiled } from './compile-cache.ts'
import { type Core, openCore } from './core.ts'
import { liveDetections } from './detection-parts.ts'
import { createDetections } from './detections.ts'
import { createExports } from './exports.ts'
import { createLiveState } from './live-state.ts'
import { createMedia } from './media.ts'
import { createHttpApi, type RunningApi } from './http-api.ts'
import { createMetricsRoute, type RunningMetrics } from './metrics.ts'
import { createOperations, type OperationsOptions } from './operations.ts'
import { watchOverload } from './overload.ts'
import { consoleFolder } from './console-folder.ts'
import { createPeople } from './people.ts'
import { watchExpiry } from './plain-listeners.ts'
import { outboundProxyOf, readyDocument } from './ready.ts'
import { closeOrphanedCalls } from './recovery.ts'
import { firewallLive } from './firewall.ts'
import { createSignalling, type Signalling } from './signalling.ts'
import { createStopping, type Stopping } from './stopping.ts'
import { tlsIdentityOptions } from './tls.ts'
import { createTraces } from './traces.ts'

export interface ServerOptions {
  readonly configuration: Configuration
  readonly clock: Clock
  readonly logger: Logger
  readonly version: string
}

/** Undo steps, run in the reverse order of their making. */
type Undo = () => void | Promise<void>

/** Throws what broke the start, after taking back what had started. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const undo: Undo[] = []
  try {
    return await start(options, undo)
  } catch (error) {
    await unwind(undo, options.logger)
    throw error
  }
}

async function start(options: ServerOptions, undo: Undo[]): Promise<RunningServer> {
  const { configuration, clock, logger, version } = options
  keepCompiled()
  const core = await openCore(options)
  undo.push(() => core.close())
  core.bus.publish('configuration.loaded', { file: configuration.file, overridden: [...configuration.overridden] })
  const alerts = createAlerts(core)
  undo.push(() => alerts.stop())
  const exports = createExports(core, version)
  await exports.start()
  undo.push(() => exports.stop())
  const detections = await createDetections(core)
  undo.push(() => detections.stop())
  const collector = createCollector(core, version)
  undo.push(() => collector?.stop())
  const searches = await watchSearches(core)
  undo.push(() => searches.stop())
  const weakened = weakenings(configuration, clock.now())
  for (const weakening of weakened) core.bus.publish('configuration.weakened', weakening)
  await closeOrphanedCalls(core)
  const identity = await loadIdentity(core)
  const media = createMedia(core)
  await media.engine.start()
  undo.push(() => media.engine.stop())
  const overload = watchOverload(clock, core.bus)
  undo.push(() => overload.stop())
  const traces = createTraces(core)
  undo.push(() => traces.stop())
  const signalling = createSignalling(core, identity, media.engine, overload.overloaded, traces)
  media.connect(signalling.calls)
  await signalling.fraud.start()
  undo.push(() => signalling.fraud.stop())
  await signalling.firewall.start()
  undo.push(() => signalling.firewall.stop())
  await signalling.registrar.start()
  undo.push(() => signalling.registrar.stop())
  undo.push(() => signalling.transactions.stop())
  const people = createPeople(core, identity)
  undo.push(() => people.stop())
  // Filled in below: the listeners are there before all that they lead to is.
  let api: RunningApi | undefined
  let metrics: RunningMetrics | undefined
  const console = createConsoleFiles(consoleFolder(), people.isOwnHost)
  const routes: Route = (request, response) =>
    api?.route(request, response) === true ||
    metrics?.route(request, response) === true ||
    alerts.route(request, response) ||
    console.route(request, response)
  const https = await startHttps(core, identity, signalling, routes, undo)
  for (const { bound } of https) {
    alerts.listening(bound.port)
    people.listening(bound.port)
  }
  await signalling.transport.start()
  undo.push(() => signalling.transport.stop())
  await signalling.firewall.listening(() => signalling.transport.listeners)
  signalling.trunks.start()
  undo.push(() => signalling.trunks.stop())
  undo.push(watchExpiry(configuration, signalling.transport, clock, core.bus))
  undo.push(watchCertificate(core, identity, signalling, https))
  undo.push(() => signalling.subscriptions.stop())
  undo.push(() => signalling.calls.stop())
  const ready = readyDocument({ version, transport: signalling.transport, https, ca: identity.caPath })
  const stopping = createStopping({
    clock,
    events: core.bus,
    calls: signalling.calls,
    close: () => unwind(undo, logger),
  })
  const live = createLiveState({
    core,
    signalling,
    media: media.engine,
    stopping,
    ready,
    identity,
    version,
    startedAt: clock.now(),
  })
  const operations: OperationsOptions = {
    directory: core.directory,
    calls: core.store.calls,
    log: core.store.events,
    archive: core.store.events,
    search: core.store.events,
    bus: core.bus,
    clock,
    actor: { kind: 'operator', name: 'control socket' },
    outboundProxy: outboundProxyOf(configuration, ready),
    ca: identity.caPath,
    live,
    fraud: core.fraud,
    alerts: alerts.service,
    firewall: firewallLive(signalling, configuration),
    identity: people.identity,
    exports: { repository: core.store.exports, service: exports.service },
    traces,
    countryOfAddress: address => signalling.geography.countryOfAddress(address),
    searches: { repository: core.store.searches, changed: () => searches.changed() },
    detections: liveDetections(configuration, detections),
  }
  metrics = createMetricsRoute(core, { identity: people.identity, live, exports: exports.service })
  undo.push(() => metrics?.stop())
  api = await createHttpApi(core, people, operations, version)
  undo.push(() => api?.stop())
  const control = createControlServer({
    operations: createOperations(operations),
    dataDirectory: configuration.dataDirectory,
    logger,
  })
  await control.start()
  undo.push(() => control.stop())
  core.bus.publish('system.started', {
    version,
    node: process.version,
    listeners: ready.listeners.map(({ transport, address, port }) => `${transport} ${address}:${port}`),
  })
  await alerts.catchUp().catch((error: unknown) => logger.warn({ detail: String(error) }, 'old alerts were not read'))
  void detections.start()
  return running(signalling, stopping, {
    ready,
    domain: core.directory.primary.domain,
    weakened: weakened.map(({ option, detail }) => `${option}: ${detail}`),
    ownerLink: await people.identity.firstOwnerLink(),
  })
}

function running(
  { calls }: Signalling,
  stopping: Stopping,
  facts: Pick<RunningServer, 'ready' | 'domain' | 'weakened' | 'ownerLink'>,
): RunningServer {
  return {
    ...facts,
    stopped: stopping.stopped.then(() => undefined),
    liveCalls: () => calls.liveCount,
    draining: () => stopping.draining !== undefined,
    drain: stopping.drain,
    stop: stopping.stop,
  }
}

/** The identity to start with; one that was made or changed since the last start is an event. */
async function loadIdentity(core: Core): Promise<TlsIdentity> {
  const file = join(core.configuration.dataDirectory, 'keys', 'server.pem')
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  const identity = await loadTlsIdentity(tlsIdentityOptions(core))
  const { subject, names, fingerprint, notAfter, certificateChainPem } = identity
  const ours = existsSync(file) && readFileSync(file, 'utf8').includes(certificateChainPem.trim())
  if (ours && before?.includes(certificateChainPem.trim()) !== true) {
    core.bus.publish('certificate.created', { subject, names: [...names], fingerprint, notAfter })
  }
  return identity
}

async function startHttps(
  core: Core,
  identity: TlsIdentity,
  { transport }: Signalling,
  route: Route,
  undo: Undo[],
): Promise<readonly (HttpsServer & { readonly bound: { readonly address: string; readonly port: number } })[]> {
  const { configuration } = core
  const started: (HttpsServer & { readonly bound: { readonly address: string; readonly port: number } })[] = []
  for (const address of listenAddresses(configuration)) {
    const server = createHttpsServer({
      address,
      port: configuration.httpsPort,
      identity,
      caPem: configuration.certificate === undefined ? readFileSync(identity.caPath, 'utf8') : undefined,
      healthy: () => core.store.available,
      route,
    })
    const bound = await server.start()
    undo.push(() => server.stop())
    transport.attachWebSocketServer(server.server)
    started.push({ ...server, bound })
  }
  return started
}

/** New handshakes use the new certificate; connections that are up stay up. */
function watchCertificate(
  core: Core,
  identity: TlsIdentity,
  { transport }: Signalling,
  https: readonly HttpsServer[],
): () => void {
  const { bus } = core
  return watchTlsIdentity(tlsIdentityOptions(core), identity, {
    onReplace(next) {
      transport.replaceTlsIdentity(next)
      for (const server of https) server.replaceIdentity(next)
      const { subject, names, fingerprint, notAfter } = next
      bus.publish('certificate.replaced', { subject, names: [...names], fingerprint, notAfter })
    },
    onRefused: refusal => void bus.publish('certificate.refused', refusal),
    onExpiring({ subject, fingerprint, notAfter }, daysLeft) {
      bus.publish('certificate.expiring', { subject, fingerprint, notAfter, daysLeft })
    },
  })
}

async function unwind(undo: Undo[], logger: Logger): Promise<void> {
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
    try {
      await step()
    } catch (error) {
      logger.error({ detail: (error as Error).message }, 'a part did not stop cleanly')
    }
  }
}
