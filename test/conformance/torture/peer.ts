/** A registered phone, or a stranger, that sends octets as they are over UDP, TCP or TLS and sees what comes back. */
import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import type { PhoneCredentials } from '../../support/phone-credentials.ts'
import { pause } from '../../support/places.ts'
import { openRaw, type RawConnection } from '../../support/raw-sip.ts'

export type Protocol = 'UDP' | 'TCP' | 'TLS'

/** What carries the octets: the part that differs between datagrams and connections. */
interface Carrier {
  readonly localPort: number
  send(bytes: Buffer): void
  /** All that came so far. */
  received(): string
  /** Resolves when `pattern` has come after `from`, or the connection closed; false when neither happened in time. */
  until(pattern: RegExp, from: number): Promise<boolean>
  readonly open: boolean
  close(): void
}

export interface PeerOptions {
  readonly protocol: Protocol
  readonly address: string
  readonly port: number
  readonly ca: string
  readonly localAddress: string
  readonly credentials: PhoneCredentials
  /** False: a stranger, who only asks to be challenged. */
  readonly registers: boolean
  /** Milliseconds after which silence is a hang. Default 20,000. */
  readonly hangMs?: number
}

export interface Outcome {
  /** Whole responses, in the order in which they came. */
  readonly answers: readonly string[]
  /** The server closed the connection. */
  readonly closed: boolean
}

/** Long enough for a busy machine: it only has to tell a hang from an answer. */
const HANG_MS = 20_000
/** A machine that is busy with other tests makes the server say 503 before it looks at a request: nothing is kept of that one. */
const OVERLOADED = /^SIP\/2\.0 503 /
const RETRY_MS = 500
const MAXIMUM_RETRIES = 40
let counter = 0

export class TorturePeer {
  readonly #options: PeerOptions
  #carrier: Carrier | undefined

  constructor(options: PeerOptions) {
    this.#options = options
  }

  get protocol(): Protocol {
    return this.#options.protocol
  }

  /**
   * Sends the octets and then a request that is well formed: when that is answered, on the same connection or, if the
   * server closed it, on the next one, all that will be said to the octets has been said. Throws when nothing comes back.
   */
  async exchange(bytes: Buffer): Promise<Outcome> {
    for (let left = MAXIMUM_RETRIES; ; left--) {
      const outcome = await this.#exchangeOnce(bytes)
      if (left === 0 || !outcome.answers.some(text => OVERLOADED.test(text))) return outcome
      await pause(RETRY_MS)
    }
  }

  async #exchangeOnce(bytes: Buffer): Promise<Outcome> {
    const carrier = await this.#connected()
    const start = carrier.received().length
    carrier.send(bytes)
    const probe = this.#probe(carrier)
    carrier.send(Buffer.from(probe.text, 'latin1'))
    if (!(await carrier.until(probe.answer, start))) throw new Error('no answer, and the connection stays: it hangs')
    const answers = readMessages(carrier.received().slice(start)).filter(text => !text.includes(probe.callId))
    const closed = !carrier.open
    if (closed) await this.#connected()
    return { answers, closed }
  }

  /** Sends and waits only for the end of the connection. */
  async untilClosed(bytes: Buffer, timeoutMs: number): Promise<Outcome> {
    const carrier = await this.#connected()
    const start = carrier.received().length
    carrier.send(bytes)
    const deadline = performance.now() + timeoutMs
    while (carrier.open && performance.now() < deadline) await carrier.until(/(?!)/, start)
    return { answers: readMessages(carrier.received().slice(start)), closed: !carrier.open }
  }

  /** Without waiting for anything: the ACK of a refused INVITE. */
  async tell(text: string): Promise<void> {
    ;(await this.#connected()).send(Buffer.from(text, 'latin1'))
  }

  close(): void {
    this.#carrier?.close()
    this.#carrier = undefined
  }

  async #connected(): Promise<Carrier> {
    if (this.#carrier?.open === true) return this.#carrier
    const { protocol } = this.#options
    const carrier = protocol === 'UDP' ? await openDatagrams(this.#options) : await openConnection(this.#options)
    this.#carrier = carrier
    if (!this.#options.registers) await this.#askToBeChallenged(carrier)
    for (let left = MAXIMUM_RETRIES; this.#options.registers; left--) {
      const refusal = await this.#register(carrier)
      if (refusal === undefined) break
      if (left === 0 || !OVERLOADED.test(refusal)) throw new Error(`not registered: ${refusal}`)
      await pause(RETRY_MS)
    }
    return carrier
  }

  /** A stranger who was never challenged gets no answer to what is wrong (see test/attack): this one is about to register. */
  async #askToBeChallenged(carrier: Carrier): Promise<void> {
    const probe = this.#probe(carrier)
    carrier.send(Buffer.from(probe.text, 'latin1'))
    await carrier.until(probe.answer, 0)
  }

  /** What was said instead of 200. */
  async #register(carrier: Carrier): Promise<string | undefined> {
    const first = this.#registration(carrier, `${++counter}`, 1, '')
    const start = carrier.received().length
    carrier.send(Buffer.from(first.text, 'latin1'))
    await carrier.until(first.answer, start)
    const challenge = readMessages(carrier.received().slice(start)).find(text => text.startsWith('SIP/2.0 401'))
    if (challenge === undefined) return carrier.received().slice(start)
    const { credentials } = this.#options
    const proof = digestHeader(challenge, credentials, 'REGISTER', `sip:${credentials.domain}`)
    const second = this.#registration(carrier, `${++counter}`, 2, `${proof}\r\n`)
    const next = carrier.received().length
    carrier.send(Buffer.from(second.text, 'latin1'))
    await carrier.until(second.answer, next)
    const answer = carrier.received().slice(next)
    return answer.startsWith('SIP/2.0 200') ? undefined : answer
  }

  #probe(carrier: Carrier): Probe {
    return this.#registration(carrier, `probe${++counter}`, 1, '')
  }

  #registration(carrier: Carrier, name: string, sequence: number, extra: string): Probe {
    const { protocol, localAddress, credentials } = this.#options
    const { username, domain } = credentials
    const here = `${localAddress}:${carrier.localPort}`
    const callId = `torture-${process.pid}-${name}@${localAddress}`
    const text =
      `REGISTER sip:${domain} SIP/2.0\r\nVia: SIP/2.0/${protocol} ${here};branch=z9hG4bK-${process.pid}-${name};rport\r\n` +
      `Max-Forwards: 70\r\nFrom: <sip:${username}@${domain}>;tag=${name}\r\nTo: <sip:${username}@${domain}>\r\n` +
      `Call-ID: ${callId}\r\nCSeq: ${sequence} REGISTER\r\nExpires: 600\r\n` +
      `Contact: <sip:${username}@${here};transport=${protocol.toLowerCase()}>\r\n${extra}Content-Length: 0\r\n\r\n`
    return {
      text,
      callId,
      answer: new RegExp(`SIP/2\\.0 [2-6]\\d\\d(?:(?!\r\n\r\n)[^])*?${callId}(?:(?!\r\n\r\n)[^])*\r\n\r\n`),
    }
  }
}

interface Probe {
  readonly text: string
  readonly callId: string
  /** The whole answer, of which `callId` is a part. */
  readonly answer: RegExp
}

async function openConnection(options: PeerOptions): Promise<Carrier> {
  const { protocol, address, port, ca, localAddress } = options
  const raw: RawConnection = await openRaw({ address, port, localAddress, ...(protocol === 'TLS' ? { ca } : {}) })
  return {
    localPort: raw.localPort,
    send: bytes => raw.send(bytes),
    received: () => raw.received(),
    until: async (pattern, from) =>
      (await raw.waitFor(pattern, options.hangMs ?? HANG_MS, from)) !== undefined || !raw.open,
    get open() {
      return raw.open
    },
    close: () => raw.destroy(),
  }
}

async function openDatagrams({ address, port, localAddress }: PeerOptions): Promise<Carrier> {
  const socket: Socket = createSocket('udp4')
  let text = ''
  let look = (): void => {}
  let open = true
  socket.on('message', bytes => {
    text += bytes.toString('latin1')
    look()
  })
  await new Promise<void>(done => socket.bind(0, localAddress, done))
  return {
    localPort: socket.address().port,
    send: bytes => socket.send(bytes, port, address),
    received: () => text,
    until: (pattern, from) => {
      const found = Promise.withResolvers<boolean>()
      const finish = (came: boolean): void => {
        clearTimeout(timer)
        look = () => {}
        found.resolve(came)
      }
      const timer = setTimeout(() => finish(false), HANG_MS)
      look = () => {
        if (pattern.test(text.slice(from))) finish(true)
      }
      look()
      return found.promise
    },
    get open() {
      return open
    },
    close: () => {
      if (open) socket.close()
      open = false
    },
  }
}

/** Cuts what came into messages by their Content-Length; keep-alive answers between them are skipped. */
export function readMessages(text: string): readonly string[] {
  const messages: string[] = []
  let rest = text.replace(/^(\r\n)+/, '')
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) break
    const length = Number(/^Content-Length: *(\d+)/im.exec(rest.slice(0, end))?.[1] ?? 0)
    messages.push(rest.slice(0, end + 4 + length))
    rest = rest.slice(end + 4 + length).replace(/^(\r\n)+/, '')
  }
  return messages
}

/** Digest with the first algorithm that the challenge offers (RFC 7616 §3.4.1, RFC 8760 §2.4). */
export function digestHeader(
  response: string,
  user: Pick<PhoneCredentials, 'username' | 'password'>,
  method: string,
  uri: string,
): string {
  const challenge = /^(WWW|Proxy)-Authenticate: Digest (.*)$/im.exec(response)
  if (challenge === null) throw new Error(`no challenge: ${response}`)
  const parameter = (name: string): string => new RegExp(`\\b${name}="?([^",]*)`).exec(challenge[2]!)?.[1] ?? ''
  const algorithm = parameter('algorithm')
  const hash = (text: string): string =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex')
  const [realm, nonce] = [parameter('realm'), parameter('nonce')]
  const secret = hash(`${user.username}:${realm}:${user.password}`)
  const proof = hash(`${secret}:${nonce}:00000001:abcdef:auth:${hash(`${method}:${uri}`)}`)
  const name = challenge[1]!.toUpperCase() === 'PROXY' ? 'Proxy-Authorization' : 'Authorization'
  return (
    `${name}: Digest username="${user.username}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${proof}", cnonce="abcdef", nc=00000001, qop=auth, algorithm=${algorithm}`
  )
}
