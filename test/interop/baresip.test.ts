/** Two baresip phones, which nobody here wrote, call each other through the real product; and one calls our test phone. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { toneHeard } from '../../src/test-phone/tone.ts'
import { type Baresip, startBaresip } from '../support/baresip.ts'
import { interopSection } from '../support/interop-report.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { eventually, pause, temporaryFolder } from '../support/places.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { testPhoneFor } from '../support/test-phones.ts'
import { assertHears, assertSilent } from '../support/tone-check.ts'

const available = peerVersion('baresip') !== undefined
/** The shortest that the configuration allows. */
const RING_SECONDS = 5
const PHONE = `baresip ${peerVersion('baresip')}`
const report = interopSection('baresip', 'baresip', [
  'baresip 1.0.0 gives up when a challenge names any digest algorithm but MD5, so it is challenged with MD5 alone (over TLS).',
  'baresip 1.0.0 does not verify the certificate of the server.',
  'baresip 1.0.0 has no attended transfer; it takes part in one that another phone makes.',
  'Once it was on hold, the recorder of baresip 1.0.0 stays off for the rest of the call: what it hears after a resume is shown by digits.',
])

let system: Ringfence
let alice: PhoneCredentials
let bob: PhoneCredentials
let carol: PhoneCredentials
const phones: { stop(): Promise<void> }[] = []

before(async () => {
  if (!available) return
  const data = temporaryFolder('baresip')
  const config = join(data.path, 'ringfence.yaml')
  writeFileSync(config, `limits:\n  ringTime: ${RING_SECONDS}\n`)
  system = await startRingfence({ data, arguments: ['--config', config] })
  alice = await system.addPhone('101')
  bob = await system.addPhone('102')
  carol = await system.addPhone('103')
})

after(async () => {
  await system?.stop()
  report.write()
})

async function phone(name: string, credentials: PhoneCredentials, tone: number): Promise<Baresip> {
  const started = await startBaresip({ folder: system.data.path, name, credentials, tone })
  phones.push(started)
  await started.registered()
  return started
}

afterEach(async () => {
  await Promise.all(phones.splice(0).map(started => started.stop()))
})

/** Places a call, lets it ring, answers it. */
async function connect(from: Baresip, to: Baresip, target: string): Promise<void> {
  const seenFrom = from.events.length
  const seenTo = to.events.length
  await from.dial(target)
  await to.waitFor('CALL_INCOMING', 5000, seenTo)
  await from.waitFor('CALL_RINGING', 3000, seenFrom)
  await to.accept()
  await from.waitFor('CALL_ESTABLISHED', 5000, seenFrom)
  await to.waitFor('CALL_ESTABLISHED', 5000, seenTo)
}

test('baresip to baresip, both directions, tone both ways, hold and resume, digits', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'baresip')) return
  const a = await phone('a', alice, 440)
  const b = await phone('b', bob, 1000)
  await report.row(PHONE, 'registers over TLS, digest MD5', async () => {
    const devices = await system.json<
      { username: string; authentication: string; weaker: boolean; protocol: string }[]
    >('device', 'list')
    const own = devices.find(device => device.username === alice.username)
    assert.equal(own?.protocol, 'TLS')
    assert.equal(own?.authentication, 'MD5')
    assert.equal(own?.weaker, true)
    return 'works, marked as weaker'
  })
  await report.row(PHONE, 'calls baresip, SRTP, tone measured both ways', async () => {
    await connect(a, b, '102')
    await assertHears('a', a.measure, 1000)
    await assertHears('b', b.measure, 440)
  })
  await report.row(PHONE, 'hold by the caller, resume', async () => {
    await a.hold()
    await assertSilent('b', b.measure, 440)
    await a.resume()
    await pause(300)
    const digitsFrom = a.events.length
    await b.command('sndcode', '7')
    assert.equal((await a.waitFor('CALL_DTMF_START', 3000, digitsFrom)).param, '7')
  })
  await report.row(PHONE, 'hold by the called phone, resume', async () => {
    await b.hold()
    await pause(400)
    await b.resume()
    await pause(300)
    const digitsFrom = b.events.length
    await a.command('sndcode', '3')
    assert.equal((await b.waitFor('CALL_DTMF_START', 3000, digitsFrom)).param, '3')
  })
  await report.row(PHONE, 'hangs up as called phone', async () => {
    const seen = a.events.length
    await b.hangup()
    await a.waitFor('CALL_CLOSED', 5000, seen)
  })
  await report.row(PHONE, 'called the other way round, hangs up as caller', async () => {
    await connect(b, a, '101')
    await assertHears('a', a.measure, 1000)
    await assertHears('b', b.measure, 440)
    const seen = a.events.length
    await b.hangup()
    await a.waitFor('CALL_CLOSED', 5000, seen)
  })
  await report.row(PHONE, 'SRTP suite on both legs', async () => {
    const suites = [...a.events, ...b.events].filter(event => event.type === 'CALL_MENC').map(event => event.param)
    assert.ok(suites.length >= 4)
    return [...new Set(suites.map(suite => suite?.split(',').at(-1)))].sort().join(', ')
  })
})

test('baresip: busy, cancel, no answer, nobody there, unknown extension', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'baresip')) return
  const a = await phone('a', alice, 440)
  const b = await phone('b', bob, 1000)
  await report.row(PHONE, 'is refused: busy', async () => {
    const [seenA, seenB] = [a.events.length, b.events.length]
    await a.dial('102')
    await b.waitFor('CALL_INCOMING', 5000, seenB)
    await b.hangup()
    const closed = await a.waitFor('CALL_CLOSED', 5000, seenA)
    assert.match(closed.param ?? '', /486|Busy|603|Decline/i)
  })
  await report.row(PHONE, 'cancels while it rings', async () => {
    const [seenA, seenB] = [a.events.length, b.events.length]
    await a.dial('102')
    await b.waitFor('CALL_INCOMING', 5000, seenB)
    await a.hangup()
    await b.waitFor('CALL_CLOSED', 5000, seenB)
    await a.waitFor('CALL_CLOSED', 5000, seenA)
  })
  await report.row(PHONE, 'rings until the ring time is over', async () => {
    const [seenA, seenB] = [a.events.length, b.events.length]
    await a.dial('102')
    await b.waitFor('CALL_INCOMING', 5000, seenB)
    const closed = await a.waitFor('CALL_CLOSED', (RING_SECONDS + 3) * 1000, seenA)
    assert.match(closed.param ?? '', /480|408/)
    await b.waitFor('CALL_CLOSED', 3000, seenB)
  })
  await report.row(PHONE, 'calls an extension whose phone is not registered', async () => {
    const seenA = a.events.length
    await a.dial('103')
    const closed = await a.waitFor('CALL_CLOSED', 8000, seenA)
    assert.match(closed.param ?? '', /480|404|Unavailable/i)
  })
  await report.row(PHONE, 'calls an extension that does not exist', async () => {
    const seenA = a.events.length
    await a.dial('999')
    const closed = await a.waitFor('CALL_CLOSED', 8000, seenA)
    assert.match(closed.param ?? '', /404/)
  })
})

test('baresip and the test phone: every suite of ours, both directions, hold by either side', {
  timeout: 90_000,
}, async t => {
  if (!requirePeers(t, 'baresip')) return
  const a = await phone('a', alice, 440)
  const own = testPhoneFor(bob, system.caPem)
  phones.push(own)
  assert.deepEqual((await own.register()).ok, true)
  await report.row(PHONE, 'calls the test phone (AES-256-GCM on its leg)', async () => {
    const incoming = own.nextIncoming()
    const seen = a.events.length
    await a.dial('102')
    const call = await incoming
    await call.answer()
    call.speak(1000)
    await a.waitFor('CALL_ESTABLISHED', 5000, seen)
    await assertHears('test phone', call.measureTone, 440)
    await assertHears('baresip', a.measure, 1000)
    await a.hold()
    await eventually(() => call.held, 3000, 'the test phone sees the hold')
    await a.resume()
    await eventually(() => !call.held, 3000, 'the test phone sees the resume')
    await assertHears('test phone after the resume', call.measureTone, 440)
    const digitsFrom = a.events.length
    call.sendDigits('5')
    assert.equal((await a.waitFor('CALL_DTMF_START', 3000, digitsFrom)).param, '5')
    await a.command('sndcode', '8')
    await eventually(() => call.digits === '8', 3000, 'the digit of baresip')
    const { packetsLost, mos, packetsUnauthenticated } = call.statistics()
    assert.equal(packetsUnauthenticated, 0)
    assert.ok(packetsLost <= 5, `${packetsLost} packets lost`)
    assert.ok(mos !== undefined && mos > 4)
    await call.hangup()
    await a.waitFor('CALL_CLOSED', 5000, seen)
  })
  await report.row(PHONE, 'is called by the test phone, held and resumed by it', async () => {
    const seen = a.events.length
    const call = own.call('101', { speak: 1000 })
    await a.waitFor('CALL_INCOMING', 5000, seen)
    await call.ringing
    await a.accept()
    assert.equal((await call.outcome).ok, true)
    await assertHears('test phone', call.measureTone, 440)
    await assertHears('baresip', a.measure, 1000)
    assert.equal(await call.hold(), 200)
    await assertSilent('test phone', call.measureTone, 440)
    assert.equal(await call.resume(), 200)
    await assertHears('test phone after its resume', call.measureTone, 440)
    const ended = call.ended
    await a.hangup()
    assert.equal((await ended).by, 'them')
  })
})

test('baresip transfers blind; and is transferred, blind and attended, by the test phone', {
  timeout: 90_000,
}, async t => {
  if (!requirePeers(t, 'baresip')) return
  const a = await phone('a', alice, 440)
  const b = await phone('b', bob, 1000)
  const own = testPhoneFor(carol, system.caPem)
  phones.push(own)
  await own.register()
  await report.row(PHONE, 'transfers its call blind to a third phone', async () => {
    const [seenA, seenB] = [a.events.length, b.events.length]
    const first = own.call('101', { speak: 600 })
    await a.waitFor('CALL_INCOMING', 5000, seenA)
    await a.accept()
    assert.equal((await first.outcome).ok, true)
    await a.transfer('102')
    await b.waitFor('CALL_INCOMING', 5000, seenB)
    await b.accept()
    await a.waitFor('CALL_CLOSED', 8000, seenA)
    await assertHears('test phone', first.measureTone, 1000)
    await assertHears('baresip b', b.measure, 600)
    const seen = b.events.length
    await first.hangup()
    await b.waitFor('CALL_CLOSED', 5000, seen)
  })
  await report.row(PHONE, 'is transferred blind by the test phone to another baresip', async () => {
    const [seenA, seenB] = [a.events.length, b.events.length]
    const incoming = own.nextIncoming()
    await a.dial('103')
    const call = await incoming
    await call.answer()
    await a.waitFor('CALL_ESTABLISHED', 5000, seenA)
    const transfer = call.transfer('102')
    await b.waitFor('CALL_INCOMING', 5000, seenB)
    await b.accept()
    const { status, finalStatus } = await transfer
    assert.equal(status, 202)
    assert.equal(finalStatus, 200)
    await assertHears('baresip a', a.measure, 1000)
    await assertHears('baresip b', b.measure, 440)
    const seen = b.events.length
    await a.hangup()
    await b.waitFor('CALL_CLOSED', 5000, seen)
  })
  await report.row(PHONE, 'is transferred after consultation (Replaces) by the test phone', async () => {
    const [seenA, seenB] = [a.events.length, b.events.length]
    const incoming = own.nextIncoming()
    await a.dial('103')
    const call = await incoming
    await call.answer()
    await a.waitFor('CALL_ESTABLISHED', 5000, seenA)
    assert.equal(await call.hold(), 200)
    const consultation = own.call('102')
    await b.waitFor('CALL_INCOMING', 5000, seenB)
    await b.accept()
    assert.equal((await consultation.outcome).ok, true)
    const { finalStatus } = await call.transferTo(consultation)
    assert.equal(finalStatus, 200)
    assert.ok(toneHeard(await eventuallyTone(b, 440)))
    await b.command('sndcode', '4')
    await a.waitFor('CALL_DTMF_START', 3000, seenA)
    const seen = b.events.length
    await a.hangup()
    await b.waitFor('CALL_CLOSED', 5000, seen)
  })
})

async function eventuallyTone(listener: Baresip, frequency: number) {
  let heard = await listener.measure(frequency, 500)
  for (let attempt = 0; attempt < 5 && !toneHeard(heard); attempt++) heard = await listener.measure(frequency, 500)
  return heard
}
