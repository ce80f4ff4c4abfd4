/**
 * What a datagram of a stranger costs until a check drops it: filter, parser, the whole list of checks, what is counted, and what detection
 * makes of it. Beside it the parser alone. `npm run bench:firewall-checks [-- --rounds 3 --work dropScanner]`
 */
import { performance } from 'node:perf_hooks'
import { ManualClock } from '../src/base/clock.ts'
import { MESSAGE_CHECKS } from '../src/firewall/checks/index.ts'
import { parseMessage } from '../src/sip/message/parse.ts'
import type { SipMessage } from '../src/sip/message/types.ts'
import { validateRequest } from '../src/sip/message/validate.ts'
import type { Flow } from '../src/sip/transport/types.ts'
import { gateOf, NAME, NOBODY, register } from '../test/support/firewall-messages.ts'
import { publish, readOptions } from './support/command.ts'
import { shownSpread, spreadOf, table } from './support/statistics.ts'

const options = readOptions()
const COUNT = options.smoke ? 1_000 : 100_000
/** Microseconds: half of what a peer with a table of bans takes for a datagram. */
const AIM = 15
const SOURCES = 10_000

const SDP = 'v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nt=0 0\r\nm=audio nowhere RTP/SAVP 0\r\n'
const withBody = (body: string): Buffer =>
  Buffer.concat([
    register({ 'Content-Type': 'application/sdp', 'Content-Length': String(body.length) }),
    Buffer.from(body),
  ])

const WORKS: readonly { readonly rule: string; readonly bytes: Buffer }[] = [
  { rule: 'dropScanner', bytes: register({ 'User-Agent': 'friendly-scanner' }) },
  { rule: 'dropInjection', bytes: register({ 'User-Agent': 'phone $(x)' }) },
  { rule: 'dropSmuggling', bytes: register({}, ['User-Agent: Other/1']) },
  {
    rule: 'dropUnknownSource',
    bytes: register({
      line: `INVITE sip:9001@pbx.example.com SIP/2.0`,
      CSeq: '1 INVITE',
      From: '<sip:x@y.example>;tag=1',
    }),
  },
  { rule: 'dropImplausible', bytes: register({ 'Max-Forwards': null }) },
  { rule: 'dropLoop', bytes: register({ 'Max-Forwards': '0' }) },
  { rule: 'dropRouteAbuse', bytes: register({ Route: '<sip:203.0.113.77;lr>' }) },
  { rule: 'dropForeignTarget', bytes: register({ To: NAME('100', '192.0.2.1') }) },
  { rule: 'dropForeignContact', bytes: register({ Contact: '<sip:a@224.0.1.75>' }) },
  { rule: 'dropHijack', bytes: register({ From: `${NAME('other')};tag=1` }) },
  { rule: 'dropMalformedSdp', bytes: withBody(SDP) },
  { rule: 'an honest REGISTER, which passes', bytes: register() },
]

const addresses = Array.from({ length: SOURCES }, (_, i) => `45.10.${i >> 8}.${i & 255}`)

function flowOf(remoteAddress: string, remotePort: number): Flow {
  const listener = { protocol: 'UDP', address: '192.0.2.1', port: 5060, insecure: true } as const
  const [localAddress, localPort] = ['192.0.2.1', 5060]
  const id = `${remoteAddress} ${remotePort}`
  const parts = { id, localAddress, localPort, remoteAddress, remotePort, listener }
  return { ...parts, protocol: 'UDP', secure: false, reliable: false, tls: undefined, open: true }
}

function read(bytes: Buffer): SipMessage {
  const parsed = parseMessage(bytes)
  if (!parsed.ok || parsed.value.kind !== 'request' || validateRequest(parsed.value) !== undefined) {
    throw new Error('what is measured is a valid request')
  }
  return parsed.value
}

function measureParser(bytes: Buffer): number {
  const from = performance.now()
  for (let i = 0; i < COUNT; i++) read(bytes)
  return ((performance.now() - from) * 1000) / COUNT
}

/** Each comes from another socket, and each source stays below every limit: nothing is cheap because it is banned. */
function measure(bytes: Buffer, rule: string): { readonly us: number; readonly unread: number } {
  const clock = new ManualClock()
  const gate = gateOf(NOBODY, clock)
  const flows = Array.from({ length: COUNT }, (_, i) =>
    flowOf(addresses[i % SOURCES]!, 1_024 + Math.floor(i / SOURCES)),
  )
  let unread = 0
  const from = performance.now()
  for (const flow of flows) {
    clock.advance(1)
    // The filter may know it by its first words, and then there is nothing to parse.
    if (!gate.filter.acceptDatagram(flow.remoteAddress, flow.remotePort, bytes)) {
      if (rule === '') throw new Error('an honest phone did not come through the filter')
      unread++
      continue
    }
    const verdict = gate.admit(read(bytes), flow)
    const decided = verdict.kind === 'pass' ? '' : verdict.rule
    if (decided !== rule) throw new Error(`${rule} was to decide, and ${decided} did`)
  }
  return { us: ((performance.now() - from) * 1000) / COUNT, unread }
}

const rows: (readonly string[])[] = []
const figures: Record<string, unknown> = {}
for (const { rule, bytes } of WORKS.filter(work => work.rule.includes(options.work))) {
  const expected = MESSAGE_CHECKS.some(({ id }) => id === rule) ? rule : ''
  // The first pass compiles.
  const { unread } = measure(bytes, expected)
  measureParser(bytes)
  const whole: number[] = []
  const parser: number[] = []
  for (let round = 0; round < options.rounds; round++) {
    whole.push(measure(bytes, expected).us)
    parser.push(measureParser(bytes))
  }
  figures[rule] = { octets: bytes.length, whole, parser, unread }
  const by = unread === COUNT ? `${rule}, before it is parsed` : rule
  rows.push([by, String(bytes.length), ...[whole, parser].map(each => shownSpread(spreadOf(each))), String(AIM)])
}
const heads = ['dropped by', 'octets', 'until it is dropped, us', 'parser alone, us', 'aim, us']
publish('firewall-checks', options, table(heads, rows), { figures })
