/**
 * A process of its own: at each line `N` makes N connections, each with a full TLS 1.3 handshake (no session is resumed), a
 * REGISTER with digest, and a close; then prints how it went.
 */
import { createInterface } from 'node:readline'
import { connect, createSecureContext, type SecureContext } from 'node:tls'
import { answerChallenge } from '../../src/sip/auth/answer.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { pause } from '../support/places.ts'

export interface HandshakeOrders {
  readonly caPem: string
  readonly port: number
  readonly phones: readonly PhoneCredentials[]
  readonly atOnce: number
}

export interface HandshakeReport {
  readonly registered: number
  readonly resumed: number
  /** Answered 503 because the server had too little time; tried again with a new connection. */
  readonly overloaded: number
  readonly milliseconds: number
  /** Processor time of this process. */
  readonly processorMs: number
  readonly failures: Readonly<Record<string, number>>
}

/** Each source has few connections a second, as phones have; and 28,000 ports that rest a minute after use do not run out. */
const SOURCES = 200
const ANSWER_WITHIN_MS = 30_000
const OVERLOADED = 'answered 503'
const RETRY_MS = 2_000

/** Resolves whether the session was resumed; rejects when anything but 401 and then 200 comes. */
function registerOnce(orders: HandshakeOrders, secureContext: SecureContext, number: number): Promise<boolean> {
  const { username, password, domain } = orders.phones[number % orders.phones.length]!
  const localAddress = `127.0.2.${1 + (number % SOURCES)}`
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const where = { host: '127.0.0.1', port: orders.port, localAddress }
  const socket = connect({ ...where, secureContext, checkServerIdentity: () => undefined })
  const uri = `sip:${domain}`
  let text = ''
  let sequence = 0
  const send = (authorization: string): void => {
    sequence++
    socket.write(
      `REGISTER ${uri} SIP/2.0\r\n` +
        `Via: SIP/2.0/TLS ${localAddress}:${socket.localPort};branch=z9hG4bKs${number}x${sequence};rport\r\n` +
        'Max-Forwards: 70\r\n' +
        `From: <sip:${username}@${domain}>;tag=t${number}\r\nTo: <sip:${username}@${domain}>\r\n` +
        `Call-ID: soak-${number}\r\nCSeq: ${sequence} REGISTER\r\n` +
        `Contact: <sip:${username}@${localAddress}:${socket.localPort};transport=tls>;expires=600\r\n` +
        `${authorization}Content-Length: 0\r\n\r\n`,
    )
  }
  const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), ANSWER_WITHIN_MS)
  socket.once('secureConnect', () => send(''))
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    if (!text.includes('\r\n\r\n')) return
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1])
    const challengeHeaders = [...text.matchAll(/^WWW-Authenticate: (.*)$/gm)].map(match => match[1]!)
    text = ''
    if (status === 401 && sequence === 1) {
      const answer = answerChallenge({ challengeHeaders, username, password, method: 'REGISTER', uri })
      send(`Authorization: ${answer}\r\n`)
    } else if (status === 200) {
      resolve(socket.isSessionReused())
      socket.end()
    } else socket.destroy(new Error(`answered ${status}`))
  })
  socket.on('error', reject)
  socket.once('close', () => {
    clearTimeout(timer)
    reject(new Error('closed before the answer'))
  })
  return promise
}

async function registerMany(orders: HandshakeOrders, from: number, count: number): Promise<HandshakeReport> {
  const secureContext = createSecureContext({ ca: orders.caPem, minVersion: 'TLSv1.3' })
  const failures: Record<string, number> = {}
  const processor = process.cpuUsage()
  const began = performance.now()
  let next = from
  let registered = 0
  let resumed = 0
  let overloaded = 0
  const register = async (number: number): Promise<void> => {
    try {
      if (await registerOnce(orders, secureContext, number)) resumed++
      registered++
    } catch (error) {
      const { message } = error as Error
      if (message === OVERLOADED) {
        overloaded++
        await pause(RETRY_MS)
        return register(number)
      }
      failures[message] = (failures[message] ?? 0) + 1
    }
  }
  const work = async (): Promise<void> => {
    while (next < from + count) await register(next++)
  }
  await Promise.all(Array.from({ length: orders.atOnce }, work))
  const { user, system } = process.cpuUsage(processor)
  const milliseconds = performance.now() - began
  return { registered, resumed, overloaded, milliseconds, processorMs: (user + system) / 1_000, failures }
}

if (import.meta.main) {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const orders = JSON.parse((await lines.next()).value as string) as HandshakeOrders
  let from = 0
  for (;;) {
    const { value, done } = await lines.next()
    if (done === true) break
    const count = Number(value)
    process.stdout.write(`${JSON.stringify(await registerMany(orders, from, count))}\n`)
    from += count
  }
  process.exit(0)
}
