/** What only a running server knows, as its operator sees it. */
import type { HeldState, ListenerView } from '../api/operations.ts'
import { BoundedMap } from '../base/bounded.ts'
import type { ReadyDocument } from '../cli/ports.ts'
import { weakenings } from '../config/weakenings.ts'
import type { TlsIdentity } from '../keys/tls-identity.ts'
import type { MediaEngine } from '../media/media-engine.ts'
import type { Core } from './core.ts'
import type { LiveState } from './operations.ts'
import { settingOf } from './plain-listeners.ts'
import type { Signalling } from './signalling.ts'
import type { Stopping } from './stopping.ts'

export interface LiveStateOptions {
  readonly core: Core
  readonly signalling: Signalling
  readonly media: Pick<MediaEngine, 'bridgeCount'>
  readonly stopping: Stopping
  readonly ready: ReadyDocument
  readonly identity: TlsIdentity
  readonly version: string
  readonly startedAt: number
}

const MAXIMUM_DEVICES = 100_000

export function createLiveState(options: LiveStateOptions): LiveState {
  const { core, signalling, stopping } = options
  const { registrar, calls } = signalling
  const authentication = new BoundedMap<string, string>(MAXIMUM_DEVICES)
  core.bus.subscribe(event => {
    if (event.type === 'registration.accepted') authentication.set(event.data.username, event.data.authentication)
  })
  return {
    bindings: registrar,
    trunks: signalling.trunks,
    extensionSuspended: extension => calls.endOutsideCallsOf(extension.id),
    authenticationOf: device => authentication.get(device.username),
    liveCalls: () => calls.live(),
    drain(limitMs) {
      // The answer goes out before the socket that it goes over is closed.
      setImmediate(() => void stopping.drain(limitMs))
      return { pid: process.pid, liveCalls: calls.liveCount, endsAt: core.clock.now() + limitMs }
    },
    async deviceRemoved(device) {
      registrar.forgetDevice(device.id)
      calls.endCallsOfDevice(device.id)
      authentication.delete(device.username)
    },
    status() {
      const { directory, store, configuration, clock } = core
      const organisation = directory.primary
      const extensions = directory.extensions(organisation.id)
      const { subject, names, notAfter, fingerprint, issuer } = options.identity
      return {
        version: options.version,
        node: process.version,
        startedAt: options.startedAt,
        domain: organisation.domain,
        listeners: listenerViews(options),
        certificate: { subject, names, notAfter, fingerprint, issuer },
        ca: options.identity.caPath,
        extensions: extensions.length,
        devices: extensions.reduce((sum, extension) => sum + directory.devicesOf(extension.id).length, 0),
        registrations: registrar.count,
        liveCalls: calls.liveCount,
        draining: stopping.draining ?? null,
        held: heldState(signalling, options.media),
        store: store.available ? 'available' : 'unavailable',
        weakened: weakenings(configuration, clock.now()).map(({ option, detail }) => `${option}: ${detail}`),
      }
    },
  }
}

function heldState(
  { transport, transactions, calls, firewall: { guard } }: Signalling,
  media: Pick<MediaEngine, 'bridgeCount'>,
): HeldState {
  const { heapUsed, rss } = process.memoryUsage()
  const { servers, clients, completed, timers } = transactions.footprint
  return {
    ...transport.counts,
    serverTransactions: servers,
    clientTransactions: clients,
    answeredRequests: completed,
    timers,
    legs: calls.legCount,
    bridges: media.bridgeCount,
    bans: guard.sources.count(guard.now()).ban,
    heapBytes: heapUsed,
    residentBytes: rss,
  }
}

function listenerViews({ core, signalling, ready }: LiveStateOptions): readonly ListenerView[] {
  const web = ready.listeners.filter(listener => listener.transport === 'WSS')
  return [
    ...signalling.transport.listeners.map(listener => {
      const setting = listener.insecure ? settingOf(core.configuration, listener) : undefined
      return {
        transport: listener.protocol,
        address: listener.address,
        port: listener.port,
        insecure: listener.insecure,
        expiresAt: setting?.expires ?? null,
        sources: setting?.sources ?? [],
      }
    }),
    ...web.map(listener => ({ ...listener, insecure: false, expiresAt: null, sources: [] })),
  ]
}
