/** The server's certificate from wherever it is configured to come, and its replacement while calls are up. */
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { silentLogger } from '../base/logger.ts'
import type { AcmeClient, AcmeOptions } from './acme.ts'
import { orderAcmeCertificate, storedAcmeCertificate } from './acme.ts'
import type { MachineNames } from './certificate-names.ts'
import { namesOfMachine } from './certificate-names.ts'
import { KeysError } from './errors.ts'
import { internalCertificate, RENEW_BEFORE } from './internal-certificate.ts'
import type { CertificateFiles } from './own-certificate.ts'
import { ownCertificate, readClientCa, stampOf } from './own-certificate.ts'
import type { TlsIdentity } from './tls-identity.ts'

export type { TlsIdentity } from './tls-identity.ts'

export interface TlsIdentityOptions extends MachineNames {
  readonly dataDirectory: string
  readonly clock: Clock
  /** The operator's files, or ACME. Without: our own authority. */
  readonly certificate?: CertificateFiles | { readonly acme: AcmeOptions } | undefined
  /** PEM file of authorities for client certificates. */
  readonly clientCa?: string | undefined
  readonly logger?: Logger | undefined
  /** Instead of acme-client, for tests. */
  readonly acmeClient?: AcmeClient | undefined
}

/** Told by the watch. None may throw. */
export interface TlsIdentityWatcher {
  /** A checked identity took the place of the former one: new handshakes use it, connections that are up stay. */
  onReplace(identity: TlsIdentity): void
  /** A new certificate cannot be used; the former one stays in force. */
  onRefused(refusal: { readonly file: string; readonly reason: string }): void
  /** Fewer than 30 days are left, told once a day. */
  onExpiring?(identity: TlsIdentity, daysLeft: number): void
}

const DAY = 86_400_000
const HOUR = 3_600_000
/** How often files are looked at. */
const FILE_INTERVAL = 2_000

/**
 * The identity to start with. With ACME and no certificate yet, one is ordered; if that fails our own authority stands in,
 * and the watch goes on trying. Throws KeysError where the operator's files cannot be used.
 */
export async function loadTlsIdentity(options: TlsIdentityOptions): Promise<TlsIdentity> {
  const { certificate, dataDirectory } = options
  const now = options.clock.now()
  const client = readClientCa(options.clientCa)
  if (certificate === undefined) return { ...(await ownAuthority(options)).identity, ...client }
  if ('certificateFile' in certificate) return { ...ownCertificate(certificate, dataDirectory, now), ...client }
  const stored = storedAcmeCertificate(dataDirectory, certificate.acme, now)
  if (stored !== undefined) return { ...stored, ...client }
  try {
    return {
      ...(await orderAcmeCertificate(dataDirectory, certificate.acme, options.clock, options.acmeClient)),
      ...client,
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    options.logger?.error({ detail }, 'ACME gave no certificate: starting with one of our own authority')
    return { ...(await ownAuthority(options)).identity, ...client }
  }
}

function ownAuthority(options: TlsIdentityOptions): ReturnType<typeof internalCertificate> {
  return internalCertificate(options.dataDirectory, namesOfMachine(options), options.clock.now())
}

/**
 * Watches what `loadTlsIdentity` gave: renews what we issue or order, and takes over files that changed once they belong
 * together. Returns the function that ends it.
 */
export function watchTlsIdentity(
  options: TlsIdentityOptions,
  current: TlsIdentity,
  watcher: TlsIdentityWatcher,
): () => void {
  const watch = createWatch(options, current, watcher)
  let timer: Timer | undefined
  let stopped = false
  const { certificate, clock } = options
  const interval = certificate !== undefined && 'certificateFile' in certificate ? FILE_INTERVAL : HOUR
  const again = (): void => {
    if (!stopped) timer = clock.schedule(interval, () => void watch.look(() => stopped).then(again))
  }
  again()
  return () => {
    stopped = true
    timer?.cancel()
  }
}

interface Watch {
  /** Never rejects. */
  look(stopped: () => boolean): Promise<void>
}

function createWatch(options: TlsIdentityOptions, first: TlsIdentity, watcher: TlsIdentityWatcher): Watch {
  const logger = options.logger ?? silentLogger
  const find = createFinder(options)
  let current = first
  let refused = ''
  let toldExpiring = 0
  return {
    async look(stopped) {
      try {
        const found = await find(current)
        if (stopped()) return
        refused = ''
        if (found !== undefined && differs(found, current)) {
          current = found
          watcher.onReplace(found)
        }
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        const file = (error instanceof KeysError ? error.file : undefined) ?? 'certificate'
        if (!stopped() && reason !== refused) watcher.onRefused({ file, reason })
        refused = reason
        logger.debug({ reason }, 'the certificate stays as it is')
      }
      const now = options.clock.now()
      if (current.notAfter - now < RENEW_BEFORE && now - toldExpiring >= DAY && !stopped()) {
        toldExpiring = now
        watcher.onExpiring?.(current, Math.max(0, Math.floor((current.notAfter - now) / DAY)))
      }
    },
  }
}

function differs(a: TlsIdentity, b: TlsIdentity): boolean {
  return (
    a.fingerprint !== b.fingerprint ||
    a.clientCaPem !== b.clientCaPem ||
    a.certificateChainPem !== b.certificateChainPem
  )
}

/** Looks for a newer identity than `current`; undefined when there is none. */
type Finder = (current: TlsIdentity) => Promise<TlsIdentity | undefined>

function createFinder(options: TlsIdentityOptions): Finder {
  const { certificate, dataDirectory, clock } = options
  if (certificate === undefined) {
    return async () => ({ ...(await ownAuthority(options)).identity, ...readClientCa(options.clientCa) })
  }
  if ('certificateFile' in certificate) return createFileFinder(options, certificate)
  return async current => {
    const due = current.notAfter - clock.now() < RENEW_BEFORE
    const standIn = storedAcmeCertificate(dataDirectory, certificate.acme, clock.now()) === undefined
    if (!due && !standIn) return undefined
    const ordered = await orderAcmeCertificate(dataDirectory, certificate.acme, clock, options.acmeClient)
    return { ...ordered, ...readClientCa(options.clientCa) }
  }
}

/** Certificate and key are replaced one after the other: what does not fit at first gets one more look. */
function createFileFinder(options: TlsIdentityOptions, files: CertificateFiles): Finder {
  const paths = [
    files.certificateFile,
    files.privateKeyFile,
    ...(options.clientCa === undefined ? [] : [options.clientCa]),
  ]
  let taken = stampOf(paths)
  let doubted = ''
  return async () => {
    const stamp = stampOf(paths)
    if (stamp === taken) return undefined
    try {
      const identity = ownCertificate(files, options.dataDirectory, options.clock.now())
      const found = { ...identity, ...readClientCa(options.clientCa) }
      taken = stamp
      return found
    } catch (error) {
      if (stamp !== doubted) {
        doubted = stamp
        return undefined
      }
      throw error
    }
  }
}
