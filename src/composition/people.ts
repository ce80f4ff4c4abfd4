/** People of the running system: who they are, and by which names of this machine they may come. */
import { createIdentity } from '../identity/identity.ts'
import type { OidcSignIn } from '../identity/oidc/types.ts'
import { IDLE_MS } from '../identity/sessions.ts'
import type { Identity } from '../identity/types.ts'
import { createSealer } from '../keys/sealer.ts'
import type { TlsIdentity } from '../keys/tls-identity.ts'
import { ownAddresses } from './addresses.ts'
import type { Core } from './core.ts'
import { createOidc } from './oidc.ts'

export interface RunningPeople {
  readonly identity: Identity
  readonly oidc: OidcSignIn
  /** Names and addresses of this machine, without port. */
  isOwnHost(host: string): boolean
  /** The port that the HTTPS listeners took, for links. */
  listening(port: number): void
  stop(): void
}

const CLEAN_MS = 10 * 60_000
/** The certificate's names count only where a browser could have asked for one of them. */
const LOCAL = 'localhost'

/** Throws KeysError on the file of a provider's secret that cannot be used. */
export function createPeople(core: Core, tls: TlsIdentity): RunningPeople {
  const { store, clock, bus, masterKey, directory, configuration, logger } = core
  let port = configuration.httpsPort
  const names = new Set([LOCAL, directory.primary.domain, ...tls.names].map(name => name.toLowerCase()))
  const sealing = createSealer(masterKey.key)
  const identity = createIdentity({
    repository: store.identity,
    clock,
    events: bus,
    sealing,
    serviceName: directory.primary.name,
    baseUrl: () => `https://${linkHost(core)}:${port}`,
  })
  const oidc = createOidc(configuration.identityProviders, {
    identity,
    repository: store.identity,
    sealing,
    clock,
    events: bus,
  })
  const timer = setInterval(() => {
    store.identity.deleteExpired(clock.now(), clock.now() - IDLE_MS).catch((error: unknown) => {
      logger.warn({ detail: String(error) }, 'sessions that are over were not removed')
    })
  }, CLEAN_MS)
  timer.unref()
  return {
    identity,
    oidc,
    // Asked each time: an address that the machine got since counts.
    isOwnHost: host => names.has(host) || ownAddresses(configuration).includes(host),
    listening(bound) {
      port = bound
    },
    stop: () => clearInterval(timer),
  }
}

/** A private name that only our own authority knows leads nobody here: then this machine itself. */
function linkHost({ directory }: Core): string {
  const { domain } = directory.primary
  return domain.endsWith('.internal') ? LOCAL : domain
}
