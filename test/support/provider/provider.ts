/**
 * A telephone provider as trunks meet it, made of Debian's Kamailio 5.6.3: by registration with digest over TLS, or by fixed
 * address over UDP. Behind it a subscriber, a real phone, registers on a port of its own and calls and is called.
 * The fixed kind is also what a PBX behind us looks like.
 */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestAuthority } from '../../../src/sip/transport/test-certificates.ts'
import { accepts } from '../kamailio.ts'
import type { PhoneCredentials } from '../phone-credentials.ts'
import { eventually, freePort, temporaryFolder } from '../places.ts'
import { type RunningProcess, runProcess, startProcess } from '../processes.ts'
import {
  type Customer,
  type DigestCustomer,
  providerConfiguration,
  tlsConfiguration,
} from './kamailio-configuration.ts'
import { type SeenMessage, seenMessages } from './seen.ts'

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

const GRACE_MS = 3000

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
  const server = new KamailioServer(folder.path, control, () => listens(options.kind, address, outerPort))
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

/** UDP ports show no sign of life but in the kernel's table. */
function listens(kind: ProviderOptions['kind'], address: string, port: number): Promise<boolean> | boolean {
  if (kind === 'tls-digest') return accepts(port, address)
  const octets = address.split('.').map(octet => Number(octet).toString(16).padStart(2, '0').toUpperCase())
  const place = `${octets.reverse().join('')}:${port.toString(16).padStart(4, '0').toUpperCase()}`
  return readFileSync('/proc/net/udp', 'utf8').includes(place)
}

/** The processes of one Kamailio: it forks, and none of them may be left behind, not even a frozen one. */
class KamailioServer {
  readonly #folder: string
  readonly #controlPath: string
  readonly #ready: () => Promise<boolean> | boolean
  #process: RunningProcess | undefined
  /** Output of those that were stopped. */
  #before = ''

  constructor(folder: string, controlPath: string, ready: () => Promise<boolean> | boolean) {
    this.#folder = folder
    this.#controlPath = controlPath
    this.#ready = ready
  }

  async start(): Promise<void> {
    if (this.#process?.running === true) return
    const file = join(this.#folder, 'kamailio.cfg')
    const args = ['-f', file, '-DD', '-E', '-m', '64', '-M', '8', '-Y', this.#folder]
    const started = startProcess('kamailio', [...args, '-P', join(this.#folder, 'kamailio.pid')])
    this.#process = started
    process.once('exit', this.#onExit)
    await eventually(
      async () => {
        if (!started.running) throw new Error(`kamailio ended:\n${started.output().slice(-3000)}`)
        return (await this.#ready()) && (await this.#answers())
      },
      15_000,
      'the provider listens',
    )
  }

  readonly #onExit = (): void => this.signal('SIGKILL')

  async #answers(): Promise<boolean> {
    const { code } = await this.#command('core.version')
    return code === 0
  }

  #command(...args: readonly string[]): Promise<{ code: number | string; output: string }> {
    return runProcess('kamcmd', ['-s', `unix:${this.#controlPath}`, ...args], { timeoutMs: 5000 })
  }

  /** Numbers stay numbers there: Kamailio takes no text for a status. */
  async control(key: string, value: string | number | undefined): Promise<void> {
    const number = typeof value === 'number'
    const set = [number ? 'htable.seti' : 'htable.sets', 'control', key, number ? String(value) : `s:${value ?? ''}`]
    const { code, output } = await this.#command(...(value === undefined ? ['htable.delete', 'control', key] : set))
    if (code !== 0) throw new Error(`kamcmd ${key}: ${output}`)
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process?.running === true) signalAll(signal, [this.#process.pid, ...childrenOf(this.#process.pid)])
  }

  output(): string {
    return this.#before + (this.#process?.output() ?? '')
  }

  seen(): readonly SeenMessage[] {
    return seenMessages(this.output())
  }

  async stop(): Promise<void> {
    const running = this.#process
    if (running === undefined) return
    this.signal('SIGCONT')
    const children = running.running ? childrenOf(running.pid) : []
    // A worker that outlives the first process holds its output open, and the end would never be seen.
    const late = setTimeout(() => signalAll('SIGKILL', [running.pid, ...children.filter(isKamailio)]), GRACE_MS)
    await running.stop(2 * GRACE_MS)
    clearTimeout(late)
    signalAll('SIGKILL', children.filter(isKamailio))
    process.removeListener('exit', this.#onExit)
    this.#before += running.output()
    this.#process = undefined
  }
}

function signalAll(signal: NodeJS.Signals, pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // Gone already.
    }
  }
}

/** By their parent in /proc, and theirs: workers of Kamailio are children of its first process. */
function childrenOf(parent: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // Ended meanwhile.
    }
  }
  const found: number[] = [parent]
  for (const pid of found) for (const [child, its] of parents) if (its === pid) found.push(child)
  return found.slice(1)
}

function isKamailio(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').startsWith('kamailio')
  } catch {
    return false
  }
}
