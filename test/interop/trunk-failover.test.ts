/** Several providers, and some of them dead: calls find the one that is not, and calls for help find any that answers. */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { interopSection } from '../support/interop-report.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { callArrivesAt } from '../support/provider/arrival.ts'
import {
  OUTSIDE_DIALLED,
  type OutsideWorld,
  OWNED,
  phoneBehind,
  startOutsideWorld,
} from '../support/provider/outside-world.ts'
import { type Provider, startProvider } from '../support/provider/provider.ts'
import { requestsOf } from '../support/provider/seen.ts'
import { accepted } from '../support/ringfence.ts'

const KAMAILIO = `Kamailio ${peerVersion('kamailio')}`
const report = interopSection('trunk-failover', 'Providers that fail, and calls for help', [
  'Three providers: two that register us (TLS), one with a fixed address (UDP); priorities 1, 2 and 3.',
  'Times of fail-over are measured by `npm run faults`, and stand in [reliability.md](reliability.md).',
])
const available = peerVersion('kamailio') !== undefined
/** "Fail-over … under 4 s on a dead trunk". The rest is for a machine that does other work. */
const DEAD_MS = 4000
const SLACK_MS = 2000

let world: OutsideWorld
let first: Provider
let second: Provider
let third: Provider
let alice: TestPhone

before(async () => {
  if (!available) return
  world = await startOutsideWorld('trunk-failover')
  const customer = { address: '127.0.0.1', port: world.plainPort }
  first = await startProvider({ kind: 'tls-digest', address: '127.0.0.31' })
  world.cleanUp.push(first.stop)
  second = await startProvider({ kind: 'tls-digest', address: '127.0.0.35' })
  world.cleanUp.push(second.stop)
  third = await startProvider({ kind: 'udp-fixed', address: '127.0.0.36', customer })
  world.cleanUp.push(third.stop)
  await world.addTrunk('first', first, { priority: 1 })
  await world.addTrunk('second', second, { priority: 2 })
  await world.addTrunk('third', third, { priority: 3 })
  alice = await world.phone('101')
  accepted(await world.operations.numberAdd({ e164: OWNED, target: 'extension:101' }))
  for (const provider of [first, second, third]) {
    const phone = await phoneBehind(world, provider)
    phone.onIncoming(call => void call.answer().catch(() => {}))
  }
})

after(async () => {
  await world?.stop()
  report.write()
})

/** As it was: all there, all up, and the first is the first choice again. */
afterEach(async () => {
  if (!available) return
  for (const [name, provider, priority] of [
    ['first', first, 1],
    ['second', second, 2],
    ['third', third, 3],
  ] as const) {
    provider.thaw()
    await provider.goSilent(false)
    await provider.answerWith(undefined)
    await provider.takeOnlyDescriptions(false)
    await world.renewTrunk(name, provider, { priority })
  }
  const { call } = await callArrivesAt(alice, first, OUTSIDE_DIALLED)
  await call.hangup()
})

test('a provider that refuses with 503: the next one at once', { timeout: 150_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  for (const name of ['first', 'second', 'third']) await world.trunkIs(name, 'up')
  await report.row(KAMAILIO, 'the first answers 503: the second has the call at once', async () => {
    await first.answerWith(503)
    const seen = first.seen().length
    const { call } = await callArrivesAt(alice, second, OUTSIDE_DIALLED)
    await call.hangup()
    const refused = first
      .seen()
      .slice(seen)
      .findLast(({ message }) => message.kind === 'request')!
    const taken = second.seen().find(({ message, at }) => at > refused.at && message.kind === 'request')!
    const gap = Math.round(taken.at - refused.at)
    assert.ok(gap < SLACK_MS, `${gap} ms`)
    const event = await world.waitForEvent('trunk.failed-over', ({ trunk }) => trunk === 'first')
    assert.equal(event.next, 'second')
    t.diagnostic(`after ${gap} ms`)
  })
  await world.quiet()
})

for (const [how, told, stop] of [
  ['its processes stand still (SIGSTOP)', 'frozen', (): Promise<void> => Promise.resolve(first.freeze())],
  ['it reads and says nothing', 'silent', () => first.goSilent()],
] as const) {
  test(`a provider that is dead: ${told}`, { timeout: 150_000 }, async t => {
    if (!requirePeers(t, 'kamailio')) return
    await report.row(KAMAILIO, `the first is dead, ${how}: the second has the call within 4 s`, async () => {
      await stop()
      const { call, afterMs } = await callArrivesAt(alice, second, OUTSIDE_DIALLED)
      await call.hangup()
      assert.ok(afterMs < DEAD_MS + SLACK_MS, `${afterMs} ms`)
      t.diagnostic(`after ${afterMs} ms`)
    })
    await report.row(KAMAILIO, `… and the next call (${told}) does not wait for it again`, async () => {
      const seen = first.seen().length
      const { call, afterMs } = await callArrivesAt(alice, second, OUTSIDE_DIALLED)
      await call.hangup()
      assert.equal(requestsOf(first.seen().slice(seen), 'INVITE').length, 0)
      assert.ok(afterMs < SLACK_MS, `${afterMs} ms`)
      t.diagnostic(`after ${afterMs} ms`)
    })
    await world.quiet()
  })
}

test('every provider is dead: the call ends with a cause that names it', { timeout: 150_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await report.row(KAMAILIO, 'all three refuse: the caller hears so, the record names it', async () => {
    for (const provider of [first, second, third]) await provider.answerWith(503)
    const since = Date.now()
    const outcome = await alice.call(OUTSIDE_DIALLED).outcome
    assert.equal(outcome.ok ? 200 : outcome.status, 503)
    const record = await world.lastCall(since)
    assert.equal(record.end?.cause, 'trunk-failed')
    return `works (${record.end.cause})`
  })
  await world.quiet()
})

test('a call for help finds the only provider that answers', { timeout: 150_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await report.row(KAMAILIO, '112 while the first stands still and the second refuses: by the third', async () => {
    first.freeze()
    await second.answerWith(503)
    const seen = third.seen().length
    const { call, afterMs } = await callArrivesAt(alice, third, '112')
    const invite = requestsOf(third.seen().slice(seen), 'INVITE')[0]!
    assert.match(invite.requestUriText, /^sip:112@/)
    const called = await world.waitForEvent('emergency.called', event => event.extension === '101')
    assert.equal(called.number, '112')
    const connected = await world.waitForEvent('emergency.connected', event => event.callId === called.callId)
    assert.equal(connected.trunk, 'third')
    await call.hangup()
    t.diagnostic(`after ${afterMs} ms`)
  })
  await world.quiet()
})

test('a call for help is never refused', { timeout: 150_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await report.row(
    KAMAILIO,
    '112 of an extension that is suspended and withholds its number: taken, number shown',
    async () => {
      accepted(await world.operations.extensionCallingChange({ extension: '101', privacy: true }))
      accepted(await world.operations.extensionSuspend({ number: '101', reason: 'fraud' }))
      const seen = first.seen().length
      const { call } = await callArrivesAt(alice, first, '112')
      const invite = requestsOf(first.seen().slice(seen), 'INVITE').at(-1)!
      assert.match(invite.header('From') ?? '', new RegExp(`\\${OWNED}@`))
      assert.equal(invite.header('Privacy'), undefined)
      const outside = await alice.call(OUTSIDE_DIALLED).outcome
      assert.equal(outside.ok, false, 'other calls stay refused')
      await call.hangup()
      accepted(await world.operations.extensionRestore({ number: '101', reason: 'over' }))
      accepted(await world.operations.extensionCallingChange({ extension: '101', privacy: false }))
    },
  )
  await report.row(KAMAILIO, 'with a prefix for outside lines: 112 and 0112', async () => {
    accepted(await world.operations.callingChange({ outsidePrefix: '0' }))
    for (const number of ['112', '0112']) {
      const seen = first.seen().length
      const { call } = await callArrivesAt(alice, first, number)
      assert.match(requestsOf(first.seen().slice(seen), 'INVITE').at(-1)!.requestUriText, /^sip:112@/)
      await call.hangup()
    }
    accepted(await world.operations.callingChange({ outsidePrefix: null }))
  })
  await report.row(KAMAILIO, 'with a location: Geolocation and its document (RFC 6442)', async () => {
    accepted(await world.operations.callingChange({ emergencyLocation: PLACE, emergencyLocationText: 'second floor' }))
    const seen = first.seen().length
    const { call } = await callArrivesAt(alice, first, '112')
    const invite = requestsOf(first.seen().slice(seen), 'INVITE').at(-1)!
    const contentId = /<cid:([^>]+)>/.exec(invite.header('Geolocation') ?? '')?.[1]
    assert.ok(contentId !== undefined, `Geolocation: ${invite.header('Geolocation')}`)
    const body = Buffer.from(invite.body).toString()
    assert.match(body, /^Content-Type: application\/pidf\+xml/im)
    assert.ok(body.includes(contentId))
    assert.ok(body.includes('<ca:FLR>2</ca:FLR>'))
    await call.hangup()
  })
  await report.row(
    KAMAILIO,
    'with a location, at providers that take no second body (415): taken without it',
    async () => {
      for (const provider of [first, second, third]) await provider.takeOnlyDescriptions()
      const seen = first.seen().length
      const { call } = await callArrivesAt(alice, first, '112')
      assert.equal(requestsOf(first.seen().slice(seen), 'INVITE').at(-1)!.contentType, 'application/sdp')
      await call.hangup()
      for (const provider of [first, second, third]) await provider.takeOnlyDescriptions(false)
      accepted(await world.operations.callingChange({ emergencyLocation: null, emergencyLocationText: null }))
    },
  )
  await report.row(KAMAILIO, 'only a trunk that is switched off answers: it is used for help', async () => {
    accepted(await world.operations.trunkChange({ name: 'third', state: 'disabled' }))
    for (const provider of [first, second]) await provider.answerWith(503)
    const { call } = await callArrivesAt(alice, third, '112')
    await call.hangup()
    accepted(await world.operations.trunkChange({ name: 'third', state: 'enabled' }))
  })
  await world.quiet()
})

const PLACE = `<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"
 xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
 entity="pres:place@provider.example"><dm:device id="place"><gp:geopriv><gp:location-info>
<ca:civicAddress><ca:country>DE</ca:country><ca:A3>Berlin</ca:A3><ca:FLR>2</ca:FLR></ca:civicAddress>
</gp:location-info><gp:usage-rules/></gp:geopriv><dm:deviceID>mac:020000000000</dm:deviceID></dm:device></presence>`
