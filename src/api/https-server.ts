/** The HTTPS listener: health, the CA certificate that phones have to trust, and the door to SIP over WebSocket (RFC 7118). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, isIPv6 } from 'node:net'
import { ControlError } from './errors.ts'

/** The certificate and key to present, in PEM. */
export interface HttpsIdentity {
  readonly certificateChainPem: string
  readonly privateKeyPem: string
}

export interface HttpsServerOptions {
  readonly address: string
  /** 0 for a free one. */
  readonly port: number
  readonly identity: HttpsIdentity
  /** The internal CA in PEM, or undefined where certificates come from elsewhere. */
  readonly caPem: string | undefined
  /** True while new calls are taken. */
  readonly healthy: () => boolean
  /** Further paths. False: not one of them, or not for this one; the answer is the same 404 as elsewhere. */
  readonly route?: (request: IncomingMessage, response: ServerResponse) => boolean
  /** Concurrent connections. Default 4,096. */
  readonly maximumConnections?: number
}

export interface HttpsServer {
  start(): Promise<{ readonly address: string; readonly port: number }>
  stop(): Promise<void>
  replaceIdentity(identity: HttpsIdentity): void
  /** For the WebSocket listener. */
  readonly server: Server
}

/** TLS as RFC 9325 wants it, as at the SIP port: forward secrecy and AEAD only. */
const TLS = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
} as const

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'strict-transport-security': 'max-age=31536000',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

export function createHttpsServer(options: HttpsServerOptions): HttpsServer {
  const server = createServer(
    {
      cert: options.identity.certificateChainPem,
      key: options.identity.privateKeyPem,
      ...TLS,
      handshakeTimeout: 10_000,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 5_000,
      maxHeaderSize: 16_384,
    },
    (request, response) => answer(options, request, response),
  )
  server.maxConnections = options.maximumConnections ?? 4096
  server.on('tlsClientError', () => undefined)
  server.on('clientError', (_error, socket) => socket.destroy())
  return {
    server,
    async start() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', error => reject(listenError(error, options)))
        // Without `ipv6Only`, `::` would also take the port of `0.0.0.0`, which has a listener of its own.
        server.listen(
          { host: options.address, port: options.port, ipv6Only: isIPv6(options.address), backlog: 1024 },
          () => {
            server.removeAllListeners('error')
            server.on('error', () => undefined)
            resolve()
          },
        )
      })
      const { address, port } = server.address() as AddressInfo
      return { address, port }
    },
    async stop() {
      if (!server.listening) return
      await new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
    replaceIdentity(identity) {
      server.setSecureContext({
        cert: identity.certificateChainPem,
        key: identity.privateKeyPem,
        ...TLS,
      })
    },
  }
}

function listenError(error: NodeJS.ErrnoException, { address, port }: HttpsServerOptions): ControlError {
  const where = `HTTPS port ${port} on ${address}`
  const message =
    error.code === 'EADDRINUSE'
      ? `${where} is taken by another program; stop it, or choose another with --https-port (0: any free one)`
      : `${where} cannot be opened: ${error.message}`
  return new ControlError('API_HTTPS_PORT', message, { cause: error })
}

function answer(options: HttpsServerOptions, request: IncomingMessage, response: ServerResponse): void {
  // Who reads bodies does so itself, after asking who sends them.
  if (request.url?.startsWith('/api/') !== true) request.resume()
  const path = request.method === 'GET' || request.method === 'HEAD' ? request.url : undefined
  if (path === '/healthz') {
    const healthy = options.healthy()
    const body = JSON.stringify({ status: healthy ? 'ok' : 'stopping' })
    send(response, healthy ? 200 : 503, 'application/json', body)
  } else if (path === '/ca.pem' && options.caPem !== undefined) {
    send(response, 200, 'application/x-pem-file', options.caPem)
  } else if (options.route?.(request, response) !== true) {
    send(response, 404, 'text/plain; charset=utf-8', 'Not found\n')
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
