/** Media attacks: plain RTP, a stolen address, injected and replayed packets. The relay hears only who holds the key. */
import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { after, afterEach, before, test } from 'node:test'
import { toneHeard } from '../../src/test-phone/tone.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { pause } from '../support/places.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { testPhoneFor } from '../support/test-phones.ts'

let system: Ringfence
let first: PhoneCredentials
let second: PhoneCredentials
const phones: TestPhone[] = []

before(async () => {
  system = await startRingfence({ name: 'media-attack' })
  first = await system.addPhone('501')
  second = await system.addPhone('502')
})

after(() => system?.stop())

async function phone(credentials: PhoneCredentials, more: Parameters<typeof testPhoneFor>[2] = {}): Promise<TestPhone> {
  const started = testPhoneFor(credentials, system.caPem, more)
  phones.push(started)
  const registered = await started.register()
  assert.equal(registered.ok, true, JSON.stringify(registered))
  return started
}

async function attacker(): Promise<{ socket: Socket; heard: Buffer[] }> {
  const socket = createSocket('udp4')
  const heard: Buffer[] = []
  socket.on('message', packet => heard.push(packet))
  await new Promise<void>(done => socket.bind(0, '127.0.0.66', done))
  return { socket, heard }
}

afterEach(async () => {
  await Promise.all(phones.splice(0).map(started => started.stop()))
})

test('a plain RTP offer is refused with 488 and a Warning that says what to switch on', {
  timeout: 30_000,
}, async () => {
  const caller = await phone(first, { suites: [] })
  const called = await phone(second)
  let rang = false
  called.onIncoming(() => {
    rang = true
  })
  const outcome = await caller.call('502').outcome
  assert.equal(outcome.ok, false)
  assert.equal(outcome.ok ? 0 : outcome.status, 488)
  assert.match(outcome.ok ? '' : (outcome.warning ?? ''), /SRTP/i)
  assert.equal(rang, false)
  const events = await system.json<{ event: { type: string } }[]>('events', '--type', 'media.refused')
  assert.ok(JSON.stringify(events).includes('media.refused'))
})

test('a phone that answers with plain RTP is refused, too', { timeout: 30_000 }, async () => {
  const caller = await phone(first)
  const called = await phone(second, { suites: [] })
  called.onIncoming(call => void call.answer().catch(() => {}))
  const outcome = await caller.call('502').outcome
  assert.equal(outcome.ok, false)
  assert.equal(outcome.ok ? 0 : outcome.status, 488)
})

test('packets of a stranger, sent first, faster, and replayed, steal nothing and inject nothing', {
  timeout: 60_000,
}, async () => {
  const sent: { packet: Buffer; port: number }[] = []
  const caller = await phone(first, {
    onPacketSent: (packet, port) => {
      if (sent.length < 500) sent.push({ packet: Buffer.from(packet), port })
    },
  })
  const called = await phone(second)
  const incoming = called.nextIncoming()
  const call = caller.call('502', { speak: 440 })
  const other = await incoming
  other.speak(1000)
  await other.answer()
  assert.equal((await call.outcome).ok, true)
  const relay = call.remoteAudio!
  const { socket, heard } = await attacker()

  // 1. Plain RTP with a loud tone, SRTP under a key of his own, and garbage, ten times as fast as the phone.
  const plain = Buffer.alloc(172, 0xd5)
  plain.writeUInt32BE(0x8000_0001, 0)
  const forged = Buffer.alloc(182, 0x5a)
  forged.writeUInt32BE(0x8000_0001, 0)
  for (let burst = 0; burst < 50; burst++) {
    for (let i = 0; i < 5; i++) {
      plain.writeUInt16BE(burst * 5 + i, 2)
      forged.writeUInt16BE(burst * 5 + i, 2)
      socket.send(plain, relay.port, relay.address)
      socket.send(forged, relay.port, relay.address)
      socket.send(Buffer.from([0x80, 0xc8, 0, 1, 0, 0, 0, 1]), relay.port, relay.address)
    }
    await pause(10)
  }
  // 2. Everything that the phone itself sent, again, from his address.
  for (const { packet, port } of sent.slice()) socket.send(packet, port, relay.address)
  await pause(500)

  assert.equal(heard.length, 0, `the attacker received ${heard.length} packets`)
  const [atCaller, atCalled] = await Promise.all([call.measureTone(1000, 600), other.measureTone(440, 600)])
  assert.ok(toneHeard(atCaller) && atCaller.share > 0.95, JSON.stringify(atCaller))
  assert.ok(toneHeard(atCalled) && atCalled.share > 0.95, JSON.stringify(atCalled))
  const statistics = other.statistics()
  assert.equal(statistics.packetsUnauthenticated, 0)
  assert.equal(statistics.packetsReplayed, 0)
  assert.ok(statistics.packetsLost <= 3, `${statistics.packetsLost} lost`)
  await call.hangup()
  socket.close()
})

test('who sends before the phone has spoken does not become the phone', { timeout: 60_000 }, async () => {
  const caller = await phone(first)
  const called = await phone(second, { misbehaviour: { mute: true } })
  const incoming = called.nextIncoming()
  const call = caller.call('502', { speak: 440 })
  const other = await incoming
  await other.answer()
  assert.equal((await call.outcome).ok, true)
  const relay = other.remoteAudio!
  const { socket, heard } = await attacker()
  const forged = Buffer.alloc(182, 0x5a)
  forged.writeUInt32BE(0x8000_0001, 0)
  for (let i = 0; i < 50; i++) {
    forged.writeUInt16BE(i, 2)
    socket.send(forged, relay.port, relay.address)
    await pause(5)
  }
  await pause(300)
  assert.equal(heard.length, 0, `the attacker received ${heard.length} packets of the call`)
  assert.equal((await call.measureTone(1000, 200)).samples, 0)
  await call.hangup()
  socket.close()
})

test('a phone that protects with another key than it told is not passed on', { timeout: 60_000 }, async () => {
  const caller = await phone(first, { misbehaviour: { wrongKey: true } })
  const called = await phone(second)
  const incoming = called.nextIncoming()
  const call = caller.call('502', { speak: 440 })
  const other = await incoming
  await other.answer()
  assert.equal((await call.outcome).ok, true)
  const heard = await other.measureTone(440, 600)
  assert.equal(heard.samples, 0)
  assert.equal(other.statistics().packetsReceived, 0)
  await call.hangup()
})
