/**
 * A telephone provider as trunks meet it, made of Debian's Kamailio 5.6.3: by registration with digest over TLS, or by fixed
 * address over UDP. Behind it a subscriber, a real phone, registers on a port of its own and calls and is called.
 * The fixed kind is also what a PBX behind us looks like.
 */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestAuthority } from '../../../src/sip/transport/test-certificates.ts'
import type { PhoneCredentials } from '../phone-credentials.ts'
import { eventually, freePort, temporaryFolder } from '../places.ts'
import {
  type Customer,
  type DigestCustomer,
  providerConfiguration,
  tlsConfiguration,
} from './kamailio-configuration.ts'
import { KamailioServer, listens } from './kamailio-server.ts'
import type { SeenMessage } from './seen.ts'

interface CommonOptions {
  /** A loopback address of its own, e.g. `127.0.0.31`. */
  readonly address: string
  /** Default: `provider.example`. */
  readonly domain?: string
  /** Where trunks reach it. Default: a free port. */
  readonly port?: number
  /** Number of the phone behind it. */
  readonly subscriber?: string
}

export interface DigestProviderOptions extends CommonOptions {
  readonly kind: 'tls-digest'
  readonly algorithm?: 'MD5' | 'SHA-256'
  readonly nonceSeconds?: number
  readonly requestUri?: 'number' | 'contact'
  /** What its certificate names. Default: its address and domain. */
  readonly certificateNames?: readonly string[]
}

export interface FixedProviderOptions extends CommonOptions {
  readonly kind: 'udp-fixed'
  /** Where the trunk is, and where calls for it go: nobody else is served. */
  readonly customer: { readonly address: string; readonly port: number }
}

export type ProviderOptions = DigestProviderOptions | FixedProviderOptions

/** How calls of the subscriber look to the trunk. Absent: as the phone made them. */
export interface CallerAppearance {
  /** URI of From. */
  readonly from?: string
  readonly name?: string
  /** URI of P-Asserted-Identity. */
  readonly asserted?: string
  /** Value of Privacy. */
  readonly privacy?: string
  /** Value of Identity (RFC 8224). */
  readonly identity?: string
}

export interface Provider {
  readonly kind: ProviderOptions['kind']
  readonly address: string
  readonly port: number
  readonly domain: string
  /** Of the trunk at the provider; empty strings for the fixed kind. */
  readonly username: string
  readonly password: string
  /** Authority of its certificate, PEM; undefined for the fixed kind. */
  readonly caPem: string | undefined
  readonly caFile: string
  /** For a phone behind it: `startBaresip` or `testPhoneFor` register with these. */
  readonly subscriber: PhoneCredentials
  /** What Kamailio logs. */
  output(): string
  /** All that came from trunks, in order of arrival: also what it did not answer. */
  seen(): readonly SeenMessage[]
  /** The first request with the method after the `from`-th message. */
  waitForRequest(method: string, timeoutMs?: number, from?: number): Promise<SeenMessage>
  /** INVITEs of trunks get this status; undefined: as before. */
  answerWith(status: number | undefined): Promise<void>
  /** INVITEs of trunks are taken (100) and go on to the subscriber so much later; undefined: at once. */
  answerLate(milliseconds: number | undefined): Promise<void>
  /** Everything but OPTIONS is refused with this status: an account that is closed. */
  refuseWith(status: number | undefined): Promise<void>
  /** 415 for bodies of several parts, as old gateways do. */
  takeOnlyDescriptions(only?: boolean): Promise<void>
  /** Reads, and answers nothing; connections stay. */
  goSilent(silent?: boolean): Promise<void>
  callsLookLike(appearance: CallerAppearance): Promise<void>
  /** SIGSTOP of all its processes: the kernel takes connections, nobody reads them. */
  freeze(): void
  thaw(): void
  /** Ends and removes what it wrote. Idempotent. */
  stop(): Promise<void>
  /** Ends: connections are refused. */
  halt(): Promise<void>
  /** Starts again where it was; what was registered is forgotten. */
  restart(): Promise<void>
}

export async function startProvider(options: ProviderOptions): Promise<Provider> {
  const folder = temporaryFolder('provider')
  const { address, domain = 'provider.example', subscriber = '+496990009123' } = options
  const [outerPort, innerPort] = [
    options.port ?? (options.kind === 'udp-fixed' ? await freeUdpPort(address) : await freePort(address)),
    await freeUdpPort(address),
  ]
  const control = join(folder.path, 'control.sock')
  const customer = customerOf(options)
  const caFile = join(folder.path, 'ca.pem')
  const caPem =
    options.kind === 'tls-digest' ? await writeCertificates(options, domain, folder.path, caFile) : undefined
  const setup = { address, outerPort, innerPort, control, folder: folder.path, domain, subscriber, customer }
  writeFileSync(join(folder.path, 'kamailio.cfg'), providerConfiguration(setup), { mode: 0o600 })
  const tls = options.kind === 'tls-digest'
  const server = new KamailioServer(folder.path, control, () => listens(tls, address, outerPort))
  try {
    await server.start()
  } catch (error) {
    await server.stop()
    folder.remove()
    throw error
  }
  const set = (key: string, value: string | number | undefined): Promise<void> => server.control(key, value)
  return {
    kind: options.kind,
    address,
    port: outerPort,
    domain,
    username: customer.kind === 'tls-digest' ? customer.username : '',
    password: customer.kind === 'tls-digest' ? customer.password : '',
    caPem,
    caFile,
    subscriber: {
      username: subscriber,
      domain,
      password: 'not-asked-for',
      registrar: `sip:${domain}`,
      outboundProxy: `sip:${address}:${innerPort};transport=udp`,
      ca: caFile,
    },
    output: () => server.output(),
    seen: () => server.seen(),
    waitForRequest(method, timeoutMs = 8000, from = 0) {
      const found = () =>
        server
          .seen()
          .slice(from)
          .find(({ kind, message }) => kind === 'request' && 'method' in message && message.method === method)
      return eventually(found, timeoutMs, `${method} at the provider ${address}`)
    },
    answerWith: status => set('answer', status),
    answerLate: milliseconds => set('delay', milliseconds),
    refuseWith: status => set('refuse', status),
    takeOnlyDescriptions: (only = true) => set('onebody', only ? 1 : 0),
    goSilent: (silent = true) => set('silent', silent ? 1 : 0),
    async callsLookLike(appearance) {
      for (const key of ['from', 'name', 'asserted', 'privacy', 'identity'] as const) await set(key, appearance[key])
    },
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    halt: () => server.stop(),
    restart: () => server.start(),
    async stop() {
      await server.stop()
      folder.remove()
    },
  }
}

export async function freeUdpPort(address: string): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((done, failed) => {
    socket.once('error', failed)
    socket.bind(0, address, done)
  })
  const { port } = socket.address()
  await new Promise<void>(done => socket.close(() => done()))
  return port
}

function customerOf(options: ProviderOptions): Customer {
  if (options.kind === 'udp-fixed') return { kind: 'udp-fixed', ...options.customer }
  const { algorithm = 'MD5', nonceSeconds = 300, requestUri = 'number' } = options
  const username = `trunk-${randomBytes(4).toString('hex')}`
  const password = randomBytes(18).toString('base64url')
  return { kind: 'tls-digest', username, password, algorithm, nonceSeconds, requestUri } satisfies DigestCustomer
}

async function writeCertificates(
  options: DigestProviderOptions,
  domain: string,
  folder: string,
  caFile: string,
): Promise<string> {
  const authority = await createTestAuthority('Authority of a provider')
  const identity = await authority.issue(options.certificateNames ?? [options.address, domain])
  const [certificate, privateKey] = [join(folder, 'certificate.pem'), join(folder, 'certificate.key')]
  writeFileSync(caFile, authority.certificatePem)
  writeFileSync(certificate, identity.certificateChainPem)
  writeFileSync(privateKey, identity.privateKeyPem, { mode: 0o600 })
  writeFileSync(join(folder, 'tls.cfg'), tlsConfiguration(certificate, privateKey))
  return authority.certificatePem
}
