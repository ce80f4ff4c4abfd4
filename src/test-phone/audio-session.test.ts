import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock, systemClock } from '../base/clock.ts'
import { newKeyAndSalt, SUITES } from '../media/srtp/index.ts'
import { type AgreedAudio, type AudioSessionOptions, openAudioSession, type StreamKey } from './audio-session.ts'
import { PCMA, PCMU } from './g711.ts'
import { createPacer } from './pacer.ts'
import { toneHeard } from './tone.ts'

function keys(suite = SUITES[0]!): { a: StreamKey; b: StreamKey } {
  return { a: { suite, keyAndSalt: newKeyAndSalt(suite) }, b: { suite, keyAndSalt: newKeyAndSalt(suite) } }
}

async function pair(left: Partial<AudioSessionOptions> = {}, right: Partial<AudioSessionOptions> = {}) {
  const pacer = createPacer(systemClock)
  const common = { address: '127.0.0.1', clock: systemClock, pacer }
  const a = await openAudioSession({ ...common, ...left })
  const b = await openAudioSession({ ...common, ...right })
  const agree = (pairKeys: { a: StreamKey; b: StreamKey } | undefined, more: Partial<AgreedAudio> = {}): void => {
    const base = { codec: PCMU, eventPayloadType: 101, sending: true, multiplexed: true, ...more }
    a.agree({ ...base, remote: { address: '127.0.0.1', port: b.port }, send: pairKeys?.a, receive: pairKeys?.b })
    b.agree({ ...base, remote: { address: '127.0.0.1', port: a.port }, send: pairKeys?.b, receive: pairKeys?.a })
  }
  const close = (): void => {
    a.close()
    b.close()
    assert.equal(pacer.size, 0)
  }
  return { a, b, agree, close }
}

for (const suite of SUITES) {
  test(`two sessions hear each other's tone under ${suite.name}`, async () => {
    const { a, b, agree, close } = await pair()
    agree(keys(suite), { codec: suite.kind === 'gcm' ? PCMU : PCMA })
    a.speak(440)
    b.speak(1000)
    const [atB, atA] = await Promise.all([b.listen(440, 300), a.listen(1000, 300)])
    assert.ok(toneHeard(atB), JSON.stringify(atB))
    assert.ok(toneHeard(atA), JSON.stringify(atA))
    const { packetsReceived, packetsLost, mos, packetsUnauthenticated } = a.statistics()
    assert.ok(packetsReceived >= 10)
    assert.equal(packetsLost, 0)
    assert.equal(packetsUnauthenticated, 0)
    assert.ok(mos !== undefined && mos > 4, `MOS ${mos}`)
    close()
  })
}

test('a session that protects with another key than it told is not heard', async () => {
  const { a, b, agree, close } = await pair({ wrongKey: true })
  agree(keys())
  a.speak(440)
  const heard = await b.listen(440, 200)
  assert.equal(heard.samples, 0)
  assert.ok(b.statistics().packetsUnauthenticated > 5)
  assert.equal(b.statistics().packetsReceived, 0)
  close()
})

test('digits arrive once each, in order, and speech goes on after them', async () => {
  const digits: string[] = []
  const { a, b, agree, close } = await pair({}, { onDigit: digit => digits.push(digit) })
  agree(keys())
  a.speak(440)
  a.sendDigits('1#9')
  await b.listen(440, 600)
  assert.deepEqual(digits, ['1', '#', '9'])
  assert.ok(toneHeard(await b.listen(440, 200)))
  close()
})

test('a second agreement with the same keys keeps the session; on hold nothing is sent', async () => {
  const { a, b, agree, close } = await pair()
  const agreedKeys = keys()
  agree(agreedKeys)
  await b.listen(440, 100)
  agree(agreedKeys, { sending: false })
  const sent = a.statistics().packetsSent
  await b.listen(440, 100)
  assert.ok(a.statistics().packetsSent <= sent + 1)
  agree(agreedKeys)
  a.speak(440)
  assert.ok(toneHeard(await b.listen(440, 300)))
  assert.equal(b.statistics().packetsReplayed, 0)
  close()
})

test('the pacer catches up after a short stall and skips after a long one', () => {
  const clock = new ManualClock()
  const pacer = createPacer(clock)
  let ticks = 0
  const leave = pacer.add(() => ticks++)
  clock.advance(100)
  assert.equal(ticks, 5)
  leave()
  clock.advance(100)
  assert.equal(ticks, 5)
  assert.equal(clock.pendingCount, 0)
})
