import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { PhoneOptions } from './options.ts'
import { createTestPhone, type TestPhone } from './test-phone.ts'
import { toneHeard } from './tone.ts'

const phones: TestPhone[] = []
after(() => Promise.all(phones.map(phone => phone.stop())))

/** Two phones that speak to each other directly over UDP: the second is the outbound proxy of the first. */
async function pair(left: Partial<PhoneOptions> = {}, right: Partial<PhoneOptions> = {}) {
  const nowhere = { address: '127.0.0.1', port: 9, transport: 'udp' as const }
  const common = { password: 'secret', domain: 'phones.example' }
  const b = createTestPhone({ username: 'bob', ...common, outboundProxy: nowhere, ...right })
  const target = /<(.*)>/.exec(await b.contact())![1]!
  const port = Number(/:(\d+);/.exec(target)![1])
  const outboundProxy = { address: '127.0.0.1', port, transport: 'udp' as const }
  const a = createTestPhone({ username: 'alice', ...common, outboundProxy, ...left })
  phones.push(a, b)
  return { a, b, target }
}

async function connect(phonesOf: Awaited<ReturnType<typeof pair>>, options = {}) {
  const incoming = phonesOf.b.nextIncoming(3000)
  const call = phonesOf.a.call(phonesOf.target, options)
  const other = await incoming
  await call.ringing
  assert.equal(call.state, 'ringing')
  await other.answer()
  const outcome = await call.outcome
  assert.equal(outcome.ok, true)
  return { call, other }
}

test('a call from INVITE to BYE, with SRTP, both tones and digits', async () => {
  const both = await pair({ displayName: 'Älice "A"' }, { suites: ['AEAD_AES_128_GCM'] })
  const { call, other } = await connect(both, { speak: 440 })
  other.speak(1000)
  const [atA, atB] = await Promise.all([call.measureTone(1000, 300), other.measureTone(440, 300)])
  assert.ok(toneHeard(atA), JSON.stringify(atA))
  assert.ok(toneHeard(atB), JSON.stringify(atB))
  assert.equal(call.suite, 'AEAD_AES_128_GCM')
  assert.equal(other.remoteName, 'Älice "A"')
  call.sendDigits('42')
  assert.equal(await call.sendDigitByInfo('#'), 200)
  await other.measureTone(440, 450)
  assert.equal(other.digits, '#42')
  await other.hangup()
  assert.deepEqual(await call.ended, { by: 'them', reason: undefined })
  assert.deepEqual(both.a.calls, [])
  assert.deepEqual(both.b.calls, [])
})

test('hold and resume from both sides', async () => {
  const both = await pair()
  const { call, other } = await connect(both)
  assert.equal(await call.hold(), 200)
  assert.equal(other.held, true)
  assert.equal(call.held, false)
  assert.equal(await call.resume(), 200)
  assert.equal(other.held, false)
  assert.equal(await other.hold(), 200)
  assert.equal(call.held, true)
  assert.equal(await other.resume(), 200)
  await call.hangup()
  assert.equal((await other.ended).by, 'them')
})

test('busy, a refusal with another status, cancel', async () => {
  const both = await pair()
  both.b.onIncoming(call => call.reject())
  assert.deepEqual(await both.a.call(both.target).outcome, {
    ok: false,
    status: 486,
    reason: 'Busy Here',
    warning: undefined,
  })
  both.b.onIncoming(call => call.reject(603))
  const declined = await both.a.call(both.target).outcome
  assert.equal(declined.ok ? 0 : declined.status, 603)
  const incoming = both.b.nextIncoming(3000)
  const call = both.a.call(both.target)
  const other = await incoming
  await call.ringing
  await call.hangup()
  assert.equal((await other.ended).by, 'them')
  const cancelled = await call.outcome
  assert.equal(cancelled.ok ? 0 : cancelled.status, 487)
})

test('a call without an offer in its INVITE', async () => {
  const both = await pair()
  const { call, other } = await connect(both, { withoutOffer: true, speak: 440 })
  assert.ok(toneHeard(await other.measureTone(440, 300)))
  await call.hangup()
  await other.ended
})

test('a plain offer is refused by a phone that wants SRTP', async () => {
  const both = await pair({ suites: [] })
  const incoming = both.b.nextIncoming(3000)
  const call = both.a.call(both.target)
  await assert.rejects((await incoming).answer(), /plain RTP/)
  const outcome = await call.outcome
  assert.equal(outcome.ok ? 0 : outcome.status, 488)
})

test('early media is heard before the answer', async () => {
  const both = await pair()
  const incoming = both.b.nextIncoming(3000)
  const call = both.a.call(both.target)
  const other = await incoming
  other.speak(1000)
  await other.progress()
  await call.ringing
  assert.ok(toneHeard(await call.measureTone(1000, 300)))
  await other.answer()
  assert.equal((await call.outcome).ok, true)
  await call.hangup()
})

test('signalling alone: no socket for audio, but a whole call', async () => {
  const both = await pair({ audio: false }, { audio: false })
  const { call, other } = await connect(both)
  assert.equal(call.remoteAudio, undefined)
  await call.hangup()
  await other.ended
})

test('what does not fit is refused: unknown suite, digits that are none, operations too early', async () => {
  const both = await pair()
  assert.throws(() => createTestPhone({ ...optionsOf(), suites: ['NULL' as never] }), RangeError)
  const { call } = await connect(both)
  assert.throws(() => call.sendDigits('x'), RangeError)
  await call.hangup()
  assert.throws(() => call.hold(), /not answered/)
})

function optionsOf() {
  const outboundProxy = { address: '127.0.0.1', port: 9, transport: 'udp' as const }
  return { username: 'x', password: 'y', domain: 'z', outboundProxy }
}
