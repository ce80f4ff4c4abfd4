/** What goes on in the office of the demo: colleagues call each other and customers; a scanner knocks; a thief tries a stolen password. */
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import type { Clock, Timer } from '../base/clock.ts'
import { randomHex, randomInteger } from '../base/random.ts'
import type { PhoneCall } from '../test-phone/call.ts'
import { createTestPhone, type TestPhone } from '../test-phone/test-phone.ts'
import type { DemoLine } from './office.ts'

export interface DemoLife {
  /** Phones that are registered. */
  readonly registered: number
  stop(): Promise<void>
}

export interface DemoLifeOptions {
  readonly lines: readonly DemoLine[]
  readonly sip: { readonly address: string; readonly port: number }
  readonly clock: Clock
  /** Hears what begins. */
  readonly tell: (text: string) => void
  /** Milliseconds until the thief comes. */
  readonly theftAfterMs?: number
}

const CUSTOMERS = ['+493012345670', '+494012345670', '+4315550100', '+33155501010']
/** Lithuanian mobile numbers that count up: what thieves share the price of. */
const THIEF_FIRST = 37_060_000_001
const BUSY_CALLS = 4
const CALL_MS = 8_000
const LONGEST_EXTRA_MS = 25_000
const SCAN_AFTER_MS = 4_000
const SCAN_EVERY_MS = 15_000
const THEFT_AFTER_MS = 25_000
const THEFT_CALLS = 12
/** Not the address that the phones have: a ban does not meet them. */
const SCANNERS = ['127.0.0.66', '127.0.0.67', '127.0.0.68']

export async function liveInOffice(options: DemoLifeOptions): Promise<DemoLife> {
  const { lines, clock, tell, theftAfterMs = THEFT_AFTER_MS } = options
  const phones = lines.map(line => phoneOf(options, line))
  const outcomes = await Promise.all(phones.map(phone => phone.register()))
  const registered = outcomes.filter(each => each.ok).length
  tell(`${registered} phones are connected; they call each other and customers from now on`)
  for (const phone of phones) answerCalls(phone, clock)
  const timers = new Set<Timer>()
  let stopped = false
  const later = (ms: number, run: () => void): void => {
    const timer = clock.schedule(ms, () => {
      timers.delete(timer)
      if (!stopped) run()
    })
    timers.add(timer)
  }
  for (let index = 0; index < BUSY_CALLS; index++)
    later(index * 2_500, () => void keepCalling(options, phones, later, index))
  later(SCAN_AFTER_MS, () => {
    tell('a scanner looks for extensions from 127.0.0.66 and its neighbours')
    keepScanning(options, later)
  })
  later(theftAfterMs, () => {
    const victim = phones.at(-2)!
    tell(`a thief has the password of ${lines.at(-2)!.extension} and calls dear numbers abroad`)
    for (let index = 0; index < THEFT_CALLS; index++) {
      later(
        index * 400,
        () => void victim.call(`+${THIEF_FIRST + index}`, { speak: 440 }).outcome.catch(() => undefined),
      )
    }
  })
  return {
    registered,
    async stop() {
      stopped = true
      for (const timer of timers) timer.cancel()
      await Promise.allSettled(phones.flatMap(phone => phone.calls.map(call => call.hangup())))
      await Promise.allSettled(phones.map(phone => phone.stop()))
    },
  }
}

function phoneOf({ sip }: DemoLifeOptions, { credentials, name }: DemoLine): TestPhone {
  return createTestPhone({
    username: credentials.username,
    password: credentials.password,
    domain: credentials.domain,
    displayName: name,
    outboundProxy: { ...sip, transport: 'tls' },
    serverName: credentials.domain,
    caPem: readFileSync(credentials.ca, 'utf8'),
    userAgent: 'Demo phone 1.0',
  })
}

function answerCalls(phone: TestPhone, clock: Clock): void {
  phone.onIncoming(call => {
    clock.schedule(1_000 + randomInteger(2_000), () => {
      call.speak(1_000)
      call.answer().catch(() => undefined)
    })
  })
}

type Later = (ms: number, run: () => void) => void

/** One line of talk that never ends for long: to a colleague, and every third time to a customer. */
async function keepCalling(
  options: DemoLifeOptions,
  phones: readonly TestPhone[],
  later: Later,
  round: number,
): Promise<void> {
  const { lines } = options
  // The last three are the lobby, the victim of the thief, and the night watch.
  const free = phones.slice(0, -3)
  const from = randomInteger(free.length)
  const colleague = lines[(from + 1 + randomInteger(free.length - 1)) % free.length]!
  const target = round % 3 === 2 ? CUSTOMERS[randomInteger(CUSTOMERS.length)]! : colleague.extension
  const again = (): void =>
    later(1_500 + randomInteger(4_000), () => void keepCalling(options, phones, later, round + 1))
  let call: PhoneCall | undefined
  try {
    call = free[from]!.call(target, { speak: 440 })
    const outcome = await call.outcome
    if (!outcome.ok) return again()
  } catch {
    return again()
  }
  const ended = call
  later(CALL_MS + randomInteger(LONGEST_EXTRA_MS), () => {
    void ended.hangup().catch(() => undefined)
    again()
  })
}

/** What a scanner sends: OPTIONS, then REGISTER for names that may exist, with the name of a tool that everybody knows. */
function keepScanning(options: DemoLifeOptions, later: Later): void {
  const address = SCANNERS[randomInteger(SCANNERS.length)]!
  scan(options, address, 100 + randomInteger(100))
  later(SCAN_EVERY_MS, () => keepScanning(options, later))
}

function scan({ sip, lines }: DemoLifeOptions, localAddress: string, first: number): void {
  const domain = lines[0]!.credentials.domain
  // Who attacks looks at no certificate.
  const below = connectTcp({ host: sip.address, port: sip.port, localAddress })
  const socket = connect({ socket: below, servername: domain, rejectUnauthorized: false })
  below.on('error', () => socket.destroy())
  socket.on('error', () => undefined)
  socket.setTimeout(5_000, () => socket.destroy())
  socket.once('secureConnect', () => {
    const messages = ['OPTIONS', ...Array.from({ length: 8 }, () => 'REGISTER')].map((method, index) =>
      request(method, String(first + index), domain, localAddress),
    )
    socket.write(messages.join(''))
  })
}

function request(method: string, user: string, domain: string, from: string): string {
  return [
    `${method} sip:${method === 'REGISTER' ? domain : `${user}@${domain}`} SIP/2.0`,
    `Via: SIP/2.0/TLS ${from}:5061;branch=z9hG4bK${randomHex(8)};rport`,
    `From: <sip:${user}@${domain}>;tag=${randomHex(4)}`,
    `To: <sip:${user}@${domain}>`,
    `Call-ID: ${randomHex(12)}`,
    `CSeq: 1 ${method}`,
    'Max-Forwards: 70',
    `Contact: <sip:${user}@${from}:5061;transport=tls>`,
    'User-Agent: friendly-scanner',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}
