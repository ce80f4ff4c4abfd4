/** What can go wrong between us and the network, by code. */

export type TransportErrorCode = keyof typeof TRANSPORT_ERRORS

/** One line for each code: what it means. */
export const TRANSPORT_ERRORS = {
  TRANSPORT_PORT_TAKEN: 'another process listens on this address and port',
  TRANSPORT_PORT_FORBIDDEN: 'the operating system does not let this user bind the port',
  TRANSPORT_ADDRESS_UNKNOWN: 'the address does not belong to this machine',
  TRANSPORT_LISTEN_FAILED: 'the listener could not be opened for another reason',
  TRANSPORT_TLS_IDENTITY: 'certificate or private key is missing or unusable',
  TRANSPORT_CONNECT_FAILED: 'the peer could not be reached',
  TRANSPORT_CONNECT_TIMEOUT: 'the peer did not answer the connection in time',
  TRANSPORT_PEER_UNTRUSTED: 'the certificate of the peer is not trusted or names somebody else (RFC 5922)',
  TRANSPORT_LIMIT: 'too many connections',
  TRANSPORT_STOPPED: 'the transport layer is not running',
  TRANSPORT_OPTIONS: 'the options contradict themselves',
} as const

export class TransportError extends Error {
  readonly code: TransportErrorCode

  constructor(code: TransportErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'TransportError'
    this.code = code
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** The error that a failed `listen` or `bind` means, in words that say what to do. */
export function listenError(error: unknown, protocol: string, address: string, port: number): TransportError {
  const where = `${protocol} ${address} port ${port}`
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return new TransportError(
        'TRANSPORT_PORT_TAKEN',
        `${where} is already in use: stop the process that listens there, or choose another port (0 takes a free one)`,
        error,
      )
    case 'EACCES':
    case 'EPERM':
      return new TransportError(
        'TRANSPORT_PORT_FORBIDDEN',
        `${where} may not be opened by this user: choose a port above 1023, or grant CAP_NET_BIND_SERVICE`,
        error,
      )
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return new TransportError(
        'TRANSPORT_ADDRESS_UNKNOWN',
        `${where} cannot be opened: no network interface of this machine has the address`,
        error,
      )
    default:
      return new TransportError(
        'TRANSPORT_LISTEN_FAILED',
        `${where} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
        error,
      )
  }
}

const UNTRUSTED =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_ALTNAME|INVALID_CA|PATH_LENGTH_EXCEEDED|INVALID_PURPOSE|HOSTNAME_MISMATCH)/

/** The error that a failed connection means. */
export function connectError(error: unknown, where: string): TransportError {
  if (error instanceof TransportError) return error
  const detail = error instanceof Error ? error.message : String(error)
  const code = UNTRUSTED.test(systemCode(error)) ? 'TRANSPORT_PEER_UNTRUSTED' : 'TRANSPORT_CONNECT_FAILED'
  return new TransportError(code, `${where}: ${detail}`, error)
}
