/** Linphone's command-line phone calls, and is called by, baresip and our test phone through the real product. */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { startBaresip } from '../support/baresip.ts'
import { interopSection } from '../support/interop-report.ts'
import { type Linphone, startLinphone } from '../support/linphone.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { eventually } from '../support/places.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { testPhoneFor } from '../support/test-phones.ts'
import { assertHears, assertSilent } from '../support/tone-check.ts'

const available = peerVersion('linphonec') !== undefined
const PHONE = `linphonec ${peerVersion('linphonec')}`
const BARESIP = `baresip ${peerVersion('baresip')}`
const report = interopSection('linphone', 'Linphone', [
  'linphonec verifies the chain and the name of the certificate (TLS 1.2 at most). It knows no iPAddress names: the certificate carries addresses as dNSName too.',
  'linphonec answers the SHA-256 challenge, and offers AES_CM_128_HMAC_SHA1_80 only.',
])

let system: Ringfence
let alice: PhoneCredentials
let bob: PhoneCredentials
let carol: PhoneCredentials
const phones: { stop(): Promise<void> }[] = []

before(async () => {
  if (!available) return
  system = await startRingfence({ name: 'linphone' })
  alice = await system.addPhone('201')
  bob = await system.addPhone('202')
  carol = await system.addPhone('203')
})

after(async () => {
  await system?.stop()
  report.write()
})

async function phone(name: string, credentials: PhoneCredentials, tone: number): Promise<Linphone> {
  const started = await startLinphone({ folder: system.data.path, name, credentials, tone })
  phones.push(started)
  await started.registered()
  return started
}

afterEach(async () => {
  await Promise.all(phones.splice(0).map(started => started.stop()))
})

test('linphone registers with SHA-256 and a verified certificate', { timeout: 30_000 }, async t => {
  if (!requirePeers(t, 'linphonec')) return
  await phone('r', alice, 440)
  await report.row(PHONE, 'registers over TLS, certificate verified, digest SHA-256', async () => {
    const devices = await system.json<{ username: string; authentication: string; protocol: string }[]>(
      'device',
      'list',
    )
    const own = devices.find(device => device.username === alice.username)
    assert.equal(own?.protocol, 'TLS')
    assert.equal(own?.authentication, 'SHA-256')
  })
})

test('linphone and baresip: both directions, tone both ways, hold and resume', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'linphonec', 'baresip')) return
  const l = await phone('l', alice, 440)
  const b = await startBaresip({ folder: system.data.path, name: 'b', credentials: bob, tone: 1000 })
  phones.push(b)
  await b.registered()
  await report.row(PHONE, `calls ${BARESIP}, SRTP, tone measured both ways`, async () => {
    const seen = b.events.length
    l.type('call 202')
    await b.waitFor('CALL_INCOMING', 5000, seen)
    await b.accept()
    await l.says(/Media streams established/)
    await assertHears('baresip', b.measure, 440)
    await assertHears('linphone', l.measure, 1000)
  })
  await report.row(PHONE, 'holds and resumes', async () => {
    l.type('pause')
    await l.says(/is now paused/)
    await assertSilent('linphone', l.measure, 1000)
    l.type('resume')
    await l.says(/Media streams established/)
    await assertHears('linphone', l.measure, 1000)
    const seen = b.events.length
    l.type('6')
    assert.equal((await b.waitFor('CALL_DTMF_START', 3000, seen)).param, '6')
  })
  await report.row(PHONE, `is held and resumed by ${BARESIP}`, async () => {
    await b.hold()
    await assertSilent('linphone', l.measure, 1000)
    await b.resume()
    await assertHears('linphone', l.measure, 1000)
  })
  await report.row(PHONE, 'hangs up', async () => {
    const seen = b.events.length
    l.type('terminate')
    await b.waitFor('CALL_CLOSED', 5000, seen)
  })
  await report.row(PHONE, `is called by ${BARESIP}`, async () => {
    const seen = b.events.length
    l.type('calls')
    await b.dial('201')
    await l.says(/Receiving new incoming call/)
    l.type('answer')
    await b.waitFor('CALL_ESTABLISHED', 5000, seen)
    await assertHears('baresip', b.measure, 440)
    await assertHears('linphone', l.measure, 1000)
    await b.hangup()
    await l.says(/ended/)
  })
})

test('linphone and the test phone: both directions, busy, cancel, no answer', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'linphonec')) return
  const l = await phone('l', alice, 440)
  const own = testPhoneFor(bob, system.caPem)
  phones.push(own)
  await own.register()
  await report.row(PHONE, 'is called by the test phone', async () => {
    const call = own.call('201', { speak: 1000 })
    await call.ringing
    l.type('answer')
    assert.equal((await call.outcome).ok, true)
    await assertHears('test phone', call.measureTone, 440)
    await assertHears('linphone', l.measure, 1000)
    assert.equal(await call.hold(), 200)
    assert.equal(await call.resume(), 200)
    await assertHears('test phone after its resume', call.measureTone, 440)
    await call.hangup()
    await l.says(/ended/)
  })
  await report.row(PHONE, 'calls the test phone, is refused: busy', async () => {
    const incoming = own.nextIncoming()
    l.type('call 202')
    ;(await incoming).reject(486)
    // Its prompt does not tell a busy from another failure.
    await l.says(/busy|error/i)
  })
  await report.row(PHONE, 'cancels while it rings', async () => {
    const incoming = own.nextIncoming()
    l.type('call 202')
    const call = await incoming
    await l.says(/ringing/)
    l.type('terminate')
    assert.equal((await call.ended).by, 'them')
  })
  await report.row(PHONE, 'refuses a call of the test phone', async () => {
    const call = own.call('201')
    await call.ringing
    l.type('terminate')
    const outcome = await call.outcome
    assert.equal(outcome.ok, false)
    return outcome.ok ? 'works' : `works (${outcome.status})`
  })
})

test('linphone transfers, blind and after consultation', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'linphonec')) return
  const l = await phone('l', alice, 440)
  const caller = testPhoneFor(bob, system.caPem)
  const target = testPhoneFor(carol, system.caPem)
  phones.push(caller, target)
  await Promise.all([caller.register(), target.register()])
  await report.row(PHONE, 'transfers its call blind', async () => {
    const first = caller.call('201', { speak: 1000 })
    await first.ringing
    l.type('answer')
    await l.says(/Media streams established/)
    assert.equal((await first.outcome).ok, true)
    const incoming = target.nextIncoming()
    l.type(`transfer sip:203@${alice.domain}`)
    const second = await incoming
    await second.answer()
    second.speak(600)
    await assertHears('caller', first.measureTone, 600)
    await assertHears('target', second.measureTone, 1000)
    await first.hangup()
    await second.ended
  })
  await report.row(PHONE, 'transfers its call after consultation (Replaces)', async () => {
    const first = caller.call('201', { speak: 1000 })
    await first.ringing
    l.type('answer')
    await l.says(/Media streams established/)
    assert.equal((await first.outcome).ok, true)
    l.type('pause')
    await l.says(/is now paused/)
    const incoming = target.nextIncoming()
    l.type('call 203')
    const second = await incoming
    await second.answer()
    second.speak(600)
    await l.says(/Media streams established/)
    l.type('calls')
    await l.says(/StreamsRunning/)
    const listing = l.process.output()
    const ids = [...listing.slice(listing.lastIndexOf('Call states')).matchAll(/^(\d+)\s+\|.*?\|\s*(\w+)/gm)]
    const paused = ids.find(([, , state]) => state === 'Paused')?.[1]
    const running = ids.find(([, , state]) => state === 'StreamsRunning')?.[1]
    l.type(`transfer ${paused} --to-call ${running}`)
    await eventually(async () => (await first.measureTone(600, 300)).share > 0.5, 8000, 'the caller hears the target')
    await assertHears('target', second.measureTone, 1000)
    await first.hangup()
    await second.ended
  })
})
