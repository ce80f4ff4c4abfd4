/** Hostile bytes against the running system: it answers or it is silent, it stays alive and small, and calls go on. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { toneHeard } from '../../src/test-phone/tone.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { eventually, pause } from '../support/places.ts'
import { processTree, residentMemory } from '../support/process-figures.ts'
import { openRaw, type RawConnection, rawRequest } from '../support/raw-sip.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { testPhoneFor } from '../support/test-phones.ts'

const MEGABYTE = 1024 * 1024
/** What all attacks of this file together may add. */
const MAXIMUM_GROWTH = 200 * MEGABYTE

let system: Ringfence
let alice: PhoneCredentials
let bob: PhoneCredentials
let memoryBefore = 0
let server = 0

before(async () => {
  system = await startRingfence({ name: 'hostile-bytes' })
  alice = await system.addPhone('701')
  bob = await system.addPhone('702')
  await callWorks()
  server = serverProcess()
  memoryBefore = residentMemory(server)
})

after(() => system?.stop())

/** The launcher hands over to the server, or is its parent: the largest of the tree is the server. */
function serverProcess(): number {
  return processTree(system.process.pid).sort((a, b) => residentMemory(b) - residentMemory(a))[0]!
}

async function callWorks(): Promise<void> {
  const [a, b] = [testPhoneFor(alice, system.caPem), testPhoneFor(bob, system.caPem)]
  try {
    assert.equal((await a.register()).ok, true)
    assert.equal((await b.register()).ok, true)
    const incoming = b.nextIncoming()
    const call = a.call('702', { speak: 440 })
    const other = await incoming
    await other.answer()
    assert.equal((await call.outcome).ok, true)
    assert.ok(toneHeard(await other.measureTone(440, 400)))
    await call.hangup()
  } finally {
    await Promise.all([a.stop(), b.stop()])
  }
}

function stranger(n = 66): Promise<RawConnection> {
  return openRaw({ ...system.ready.sipTls, ca: system.caPem, localAddress: `127.0.0.${n}` })
}

function register(): string {
  const uri = `sip:${alice.domain}`
  return rawRequest({ method: 'REGISTER', uri, from: `sip:nobody@${alice.domain}` })
}

/** The connection was closed, or answered with a status of at least 400; and the server still answers others. */
async function survives(raw: RawConnection): Promise<void> {
  await raw.waitFor(/SIP\/2\.0 [4-6]\d\d/, 1500)
  raw.destroy()
  const other = await stranger(67)
  other.send(register())
  assert.ok(await other.waitFor(/SIP\/2\.0 401/, 3000), 'a well-formed request is answered')
  other.destroy()
}

test('a request split at every byte is answered like a whole one', { timeout: 30_000 }, async () => {
  const raw = await stranger()
  const request = register()
  for (const character of request) {
    raw.send(character)
    await new Promise(setImmediate)
  }
  assert.ok(await raw.waitFor(/SIP\/2\.0 401/, 5000))
  raw.destroy()
})

test('requests in one packet, and across packets, are all answered', { timeout: 30_000 }, async () => {
  const raw = await stranger(68)
  const requests = Array.from({ length: 10 }, register).join('')
  raw.send(requests.slice(0, 700))
  await pause(50)
  raw.send(requests.slice(700))
  await eventually(() => raw.received().split('SIP/2.0 401').length - 1 === 10, 5000, 'ten challenges')
  raw.destroy()
})

const head = (extra: string, body = ''): string =>
  register().replace(/Content-Length: \d+\r\n\r\n$/, `${extra}\r\n\r\n${body}`)

const ATTACKS: readonly (readonly [name: string, bytes: () => string | Buffer])[] = [
  ['garbage', () => Buffer.alloc(20_000, 0xa7)],
  ['a line without end', () => `REGISTER sip:${'a'.repeat(200_000)}`],
  [
    '10,000 header fields',
    () => head(`${Array.from({ length: 10_000 }, (_, i) => `X-${i}: ${i}`).join('\r\n')}\r\nContent-Length: 0`),
  ],
  ['a header field of 1 MB', () => head(`X-Long: ${'x'.repeat(MEGABYTE)}\r\nContent-Length: 0`)],
  ['a Content-Length of 4 GB', () => head('Content-Length: 4294967296', 'x'.repeat(1000))],
  ['a negative Content-Length', () => head('Content-Length: -1')],
  ['two different Content-Lengths', () => head('Content-Length: 0\r\nContent-Length: 5', 'hello')],
  ['no Content-Length', () => head('X: y')],
  ['NUL bytes', () => head('X-Nul: a\0b\0\r\nContent-Length: 0')],
  ['bare carriage returns', () => head('X-Cr: a\rVia: b\rContent-Length: 0')],
  ['invalid UTF-8', () => head('Subject: \xff\xfe\xc0\x80\r\nContent-Length: 0')],
  ['format strings', () => head(`X: ${'%s%n%x'.repeat(500)}\r\nContent-Length: 0`)],
  [
    '1,000 Via values',
    () => head(`Via: ${Array(1000).fill('SIP/2.0/TLS 1.2.3.4;branch=z9hG4bKx').join(', ')}\r\nContent-Length: 0`),
  ],
  ['nested quotes and brackets', () => head(`Contact: ${'<"'.repeat(2000)}\r\nContent-Length: 0`)],
  ['an unknown version', () => register().replace('SIP/2.0\r\n', 'SIP/7.0\r\n')],
  [
    'a response out of the blue',
    () => 'SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS 1.1.1.1;branch=z9hG4bKq\r\nContent-Length: 0\r\n\r\n',
  ],
  ['HTTP', () => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
]

for (const [name, bytes] of ATTACKS) {
  test(`hostile bytes: ${name}`, { timeout: 20_000 }, async () => {
    const raw = await stranger()
    raw.send(bytes())
    await survives(raw)
  })
}

test('slow writers are cut off or starve alone', { timeout: 40_000 }, async () => {
  const slow = await Promise.all(Array.from({ length: 20 }, (_, i) => stranger(100 + i)))
  for (const raw of slow) raw.send('REGISTER sip:x SIP/2.0\r\nVia: ')
  for (let i = 0; i < 10; i++) {
    for (const raw of slow) if (raw.open) raw.send('x')
    await pause(50)
  }
  await callWorks()
  for (const raw of slow) raw.destroy()
})

test('500 half-open TLS connections do not keep phones out', { timeout: 60_000 }, async () => {
  const sockets: Socket[] = []
  const { address, port } = system.ready.sipTls
  for (let i = 0; i < 500; i++) {
    const socket = connect({ host: address, port, localAddress: `127.0.1.${1 + (i % 250)}` })
    socket.on('error', () => {})
    sockets.push(socket)
  }
  await pause(500)
  await callWorks()
  for (const socket of sockets) socket.destroy()
})

test('a client that never reads its answers is cut off or bounded', { timeout: 40_000 }, async () => {
  const raw = await stranger(69)
  raw.socket.pause()
  const request = register()
  for (let i = 0; i < 3000 && raw.open; i++) {
    raw.send(request)
    if (i % 100 === 99) await new Promise(setImmediate)
  }
  await pause(300)
  raw.destroy()
  await callWorks()
})

test('after all of it: the same process, bounded memory, and a call with sound', { timeout: 30_000 }, async () => {
  await callWorks()
  assert.equal(serverProcess(), server)
  const growth = residentMemory(server) - memoryBefore
  assert.ok(growth < MAXIMUM_GROWTH, `grew by ${Math.round(growth / MEGABYTE)} MB`)
  assert.ok(!/Error:|at .*\(.*\.ts:\d+/.test(system.process.output()), system.process.output().slice(-1500))
})
