/** Our own test phone where no foreign one reaches: WSS, every SRTP suite against every other, early media, transfers, a vanished phone. */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { SUITES, type SuiteName } from '../../src/media/srtp/index.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { interopSection } from '../support/interop-report.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { testPhoneFor } from '../support/test-phones.ts'
import { assertHears, assertSilent } from '../support/tone-check.ts'

const PHONE = 'test phone'
const report = interopSection('test-phone', 'Our own test phone')

let system: Ringfence
const people: PhoneCredentials[] = []
const phones: TestPhone[] = []

before(async () => {
  system = await startRingfence({ name: 'test-phone' })
  for (const number of ['901', '902', '903']) people.push(await system.addPhone(number))
})

after(async () => {
  await system?.stop()
  report.write()
})

async function phone(index: number, more: Parameters<typeof testPhoneFor>[2] = {}): Promise<TestPhone> {
  const started = testPhoneFor(people[index]!, system.caPem, more)
  phones.push(started)
  const outcome = await started.register()
  assert.equal(outcome.ok, true, JSON.stringify(outcome))
  return started
}

afterEach(async () => {
  await Promise.all(phones.splice(0).map(started => started.stop()))
})

async function connect(from: TestPhone, to: TestPhone, target: string) {
  const incoming = to.nextIncoming()
  const call = from.call(target, { speak: 440 })
  const other = await incoming
  other.speak(1000)
  await other.answer()
  const outcome = await call.outcome
  assert.equal(outcome.ok, true, JSON.stringify(outcome))
  return { call, other }
}

test('a phone over WSS and one over TLS', { timeout: 30_000 }, async () => {
  await report.row(PHONE, 'WSS to TLS and back, SRTP by SDES, tone both ways', async () => {
    const web = await phone(0, { outboundProxy: { ...system.ready.https, transport: 'wss' } })
    const desk = await phone(1)
    for (const [from, to, target] of [
      [web, desk, '902'],
      [desk, web, '901'],
    ] as const) {
      const { call, other } = await connect(from, to, target)
      await assertHears('caller', call.measureTone, 1000)
      await assertHears('called', other.measureTone, 440)
      await call.hangup()
      await other.ended
    }
  })
})

test('every suite on one leg against every suite on the other', { timeout: 60_000 }, async () => {
  await report.row(PHONE, 'all 16 pairs of SRTP suites, tone both ways', async () => {
    for (const left of SUITES) {
      const a = await phone(0, { suites: [left.name] })
      for (const right of SUITES) {
        const b = await phone(1, { suites: [right.name] })
        const { call, other } = await connect(a, b, '902')
        assert.equal(call.suite, left.name satisfies SuiteName)
        assert.equal(other.suite, right.name)
        await assertHears(`${left.name} caller`, call.measureTone, 1000)
        await assertHears(`${right.name} called`, other.measureTone, 440)
        await call.hangup()
        await other.ended
        await b.unregister()
      }
      await a.unregister()
    }
  })
})

test('early media, an offer in the 200, digits both ways', { timeout: 30_000 }, async () => {
  const a = await phone(0)
  const b = await phone(1)
  await report.row(PHONE, 'early media in 183', async () => {
    const incoming = b.nextIncoming()
    const call = a.call('902', { speak: 440 })
    const other = await incoming
    other.speak(1000)
    await other.progress()
    await assertHears('caller before the answer', call.measureTone, 1000)
    await other.answer()
    assert.equal((await call.outcome).ok, true)
    await assertHears('called', other.measureTone, 440)
    call.sendDigits('12')
    other.sendDigits('34')
    await Promise.all([call.measureTone(1000, 600), other.measureTone(440, 600)])
    assert.equal(other.digits, '12')
    assert.equal(call.digits, '34')
    assert.equal(await call.sendDigitByInfo('5'), 200)
    assert.equal(other.digits, '125')
    await other.hangup()
    await call.ended
  })
  await report.row(PHONE, 'INVITE without an offer', async () => {
    const incoming = b.nextIncoming()
    const call = a.call('902', { withoutOffer: true, speak: 440 })
    const other = await incoming
    other.speak(1000)
    await other.answer()
    assert.equal((await call.outcome).ok, true)
    await assertHears('caller', call.measureTone, 1000)
    await assertHears('called', other.measureTone, 440)
    await call.hangup()
    await other.ended
  })
})

test('transfers of the caller and of the called', { timeout: 60_000 }, async () => {
  const a = await phone(0)
  const b = await phone(1)
  const c = await phone(2)
  for (const by of ['caller', 'called'] as const) {
    await report.row(PHONE, `blind transfer by the ${by}`, async () => {
      const { call, other } = await connect(a, b, '902')
      const transferor = by === 'caller' ? call : other
      const stays = by === 'caller' ? other : call
      const incoming = c.nextIncoming()
      const transfer = transferor.transfer('903')
      const third = await incoming
      third.speak(700)
      await third.answer()
      const { status, finalStatus } = await transfer
      assert.deepEqual([status, finalStatus], [202, 200])
      await assertHears('who stays', stays.measureTone, 700)
      await assertHears('the target', third.measureTone, by === 'caller' ? 1000 : 440)
      await third.hangup()
      await stays.ended
    })
  }
  await report.row(PHONE, 'transfer after consultation (Replaces)', async () => {
    const { call, other } = await connect(a, b, '902')
    assert.equal(await call.hold(), 200)
    // The one who holds may send music; nothing comes back from the one who is held.
    await assertSilent('the one who holds', call.measureTone, 1000)
    const incoming = c.nextIncoming()
    const consultation = a.call('903')
    const third = await incoming
    third.speak(700)
    await third.answer()
    assert.equal((await consultation.outcome).ok, true)
    const { finalStatus } = await call.transferTo(consultation)
    assert.equal(finalStatus, 200)
    await assertHears('who was held', other.measureTone, 700)
    await assertHears('the target', third.measureTone, 1000)
    await other.hangup()
    await third.ended
  })
  await report.row(PHONE, 'a transfer to nobody: the call goes on', async () => {
    const { call, other } = await connect(a, b, '902')
    const { finalStatus } = await call.transfer('999')
    assert.equal(finalStatus, 404)
    await assertHears('caller', call.measureTone, 1000)
    await assertHears('called', other.measureTone, 440)
    await call.hangup()
    await other.ended
  })
})

test('several phones of one extension ring; one answers, the others stop', { timeout: 30_000 }, async () => {
  const a = await phone(0)
  const desk = await phone(1)
  const second = testPhoneFor(await system.addDevice('902'), system.caPem)
  phones.push(second)
  assert.equal((await second.register()).ok, true)
  await report.row(PHONE, 'two phones of one extension ring, one answers', async () => {
    const [atDesk, atSecond] = [desk.nextIncoming(), second.nextIncoming()]
    const call = a.call('902', { speak: 440 })
    const [one, two] = await Promise.all([atDesk, atSecond])
    await two.answer()
    assert.equal((await call.outcome).ok, true)
    assert.equal((await one.ended).by, 'them')
    await assertHears('the one who answered', two.measureTone, 440)
    await call.hangup()
    await two.ended
  })
})

test('a phone that vanishes is noticed', { timeout: 60_000 }, async () => {
  const a = await phone(0)
  const b = await phone(1)
  await report.row(PHONE, 'the called phone loses its connection; the caller hangs up', async () => {
    const { call } = await connect(a, b, '902')
    b.vanish()
    await call.hangup()
    const live = accepted(await (await system.operations()).callsLive())
    assert.ok(
      live.every(({ state }) => state === 'ending'),
      JSON.stringify(live),
    )
  })
})
