/** kill -9 while 200 calls are up: after the restart each of them has its record, with start, parties and the last known end. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createPhoneEndpoint, type PhoneEndpoint } from '../../src/test-phone/endpoint.ts'
import type { PhoneCall } from '../../src/test-phone/call.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { pause } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { proxyOf, sharedPhone } from '../support/test-phones.ts'

const PAIRS = 20
const CALLS_PER_PAIR = 10
const CALLS = PAIRS * CALLS_PER_PAIR

let system: Ringfence
const credentials: { caller: PhoneCredentials; called: PhoneCredentials }[] = []
const endpoints: PhoneEndpoint[] = []
const phones: TestPhone[] = []

before(async () => {
  system = await startRingfence({ name: 'crash' })
  for (let i = 0; i < PAIRS; i++) {
    credentials.push({
      caller: await system.addPhone(String(1000 + i)),
      called: await system.addPhone(String(2000 + i)),
    })
  }
})

after(async () => {
  await Promise.all(phones.map(phone => phone.stop()))
  await Promise.all(endpoints.map(endpoint => endpoint.stop()))
  await system?.stop()
})

test('200 live calls, kill -9, restart: 200 records', { timeout: 120_000 }, async () => {
  const outboundProxy = proxyOf(credentials[0]!.caller.outboundProxy)
  const [callers, called] = [0, 1].map(() => createPhoneEndpoint({ outboundProxy, caPem: system.caPem }))
  endpoints.push(callers!, called!)
  const calls: PhoneCall[] = []
  const started = Date.now()
  for (const [i, pair] of credentials.entries()) {
    const a = sharedPhone(pair.caller, callers!, { audio: false })
    const b = sharedPhone(pair.called, called!, { audio: false })
    phones.push(a, b)
    b.onIncoming(call => void call.answer())
    for (const phone of [a, b]) {
      const outcome = await phone.register()
      assert.equal(outcome.ok, true, JSON.stringify(outcome))
    }
    for (let n = 0; n < CALLS_PER_PAIR; n++) calls.push(a.call(String(2000 + i)))
  }
  const outcomes = await Promise.all(calls.map(call => call.outcome))
  const refused = outcomes.filter(outcome => !outcome.ok)
  assert.deepEqual(refused, [])
  const operations = await system.operations()
  assert.equal(accepted(await operations.callsLive()).length, CALLS)
  await pause(1200)
  const killedAt = Date.now()
  await system.crash()

  system = await system.restart()
  const again = await system.operations()
  const records = accepted(await again.callsPast({ limit: 300 }))
  assert.equal(records.length, CALLS)
  const parties = new Map<string, number>()
  for (const record of records) {
    assert.equal(record.end?.cause, 'system-crash')
    assert.ok(record.startedAt >= started && record.startedAt <= killedAt)
    assert.ok(record.answeredAt !== undefined && record.answeredAt !== null)
    const endedAt = record.endedAt!
    assert.ok(
      endedAt >= record.answeredAt && endedAt <= killedAt + 1000,
      `ended ${endedAt - killedAt} ms after the crash`,
    )
    assert.ok(killedAt - endedAt < 15_000, `the last known end is ${killedAt - endedAt} ms old`)
    const key = `${record.from} ${record.to}`
    parties.set(key, (parties.get(key) ?? 0) + 1)
  }
  for (let i = 0; i < PAIRS; i++) assert.equal(parties.get(`${1000 + i} ${2000 + i}`), CALLS_PER_PAIR)
  assert.equal(accepted(await again.callsLive()).length, 0)
})
