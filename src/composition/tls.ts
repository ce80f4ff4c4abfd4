/** The server's certificate, as configuration says, and as the listeners take it. */
import type { TlsIdentityOptions } from '../keys/server-certificate.ts'
import type { Core } from './core.ts'

export function tlsIdentityOptions({ configuration, clock, logger, directory }: Core): TlsIdentityOptions {
  const { dataDirectory, certificate, clientCa, externalAddress } = configuration
  return { dataDirectory, clock, logger, certificate, clientCa, domain: directory.primary.domain, externalAddress }
}
