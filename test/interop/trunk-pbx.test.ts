/** An exchange behind us on a private address, UDP and RTP in clear: we stand between it and the provider. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { interopSection } from '../support/interop-report.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import {
  connect,
  OUTSIDE,
  type OutsideWorld,
  OWNED,
  OWNED_TOO,
  phoneBehind,
  startOutsideWorld,
} from '../support/provider/outside-world.ts'
import { type Provider, startProvider } from '../support/provider/provider.ts'
import { requestsOf } from '../support/provider/seen.ts'
import { accepted } from '../support/ringfence.ts'

const KAMAILIO = `Kamailio ${peerVersion('kamailio')}`
const report = interopSection('trunk-pbx', 'An exchange behind us', [
  'Kamailio on an address of its own, UDP and RTP in clear, is the exchange; outside there are TLS and SRTP only.',
])
const available = peerVersion('kamailio') !== undefined

let world: OutsideWorld
let provider: Provider
let pbx: Provider
let inside: TestPhone
let outside: TestPhone
let alice: TestPhone

before(async () => {
  if (!available) return
  world = await startOutsideWorld('trunk-pbx')
  const customer = { address: '127.0.0.1', port: world.plainPort }
  provider = await startProvider({ kind: 'tls-digest', address: '127.0.0.31' })
  world.cleanUp.push(provider.stop)
  pbx = await startProvider({
    kind: 'udp-fixed',
    address: '127.0.0.41',
    customer,
    subscriber: OWNED,
    domain: 'pbx.example',
  })
  world.cleanUp.push(pbx.stop)
  await world.addTrunk('provider', provider)
  await world.addTrunk('pbx', pbx, { purpose: 'pbx' })
  alice = await world.phone('101')
  accepted(await world.operations.numberAdd({ e164: OWNED, target: 'trunk:pbx' }))
  accepted(await world.operations.numberAdd({ e164: OWNED_TOO, target: 'extension:101' }))
  inside = await phoneBehind(world, pbx)
  outside = await phoneBehind(world, provider)
})

after(async () => {
  await world?.stop()
  report.write()
})

test('provider to us to the exchange, and back', { timeout: 120_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await world.trunkIs('provider', 'up')
  await world.trunkIs('pbx', 'up')
  await report.row(KAMAILIO, 'a call from outside to a phone of the exchange, tone both ways', async () => {
    const { call, other } = await connect(outside, inside, OWNED)
    assert.notEqual(call.suite, undefined, 'SRTP outside')
    assert.equal(other.suite, undefined, 'RTP inside')
    const invite = requestsOf(pbx.seen(), 'INVITE').at(-1)!
    assert.match(invite.requestUriText, new RegExp(`^sip:\\${OWNED}@`))
    assert.match(invite.header('From') ?? '', new RegExp(`\\${OUTSIDE}@`))
    const ended = other.ended
    await call.hangup()
    assert.equal((await ended).by, 'them')
  })
  await report.row(KAMAILIO, 'a call of the exchange to the outside, tone both ways, its number shown', async () => {
    const { call, other } = await connect(inside, outside, OUTSIDE)
    assert.equal(call.suite, undefined)
    assert.notEqual(other.suite, undefined)
    const invite = requestsOf(provider.seen(), 'INVITE').at(-1)!
    assert.match(invite.header('P-Asserted-Identity') ?? '', new RegExp(`\\${OWNED}@`))
    const ended = call.ended
    await other.hangup()
    assert.equal((await ended).by, 'them')
  })
  await report.row(KAMAILIO, 'a call of the exchange with a number that is not ours: not shown outside', async () => {
    await pbx.callsLookLike({ from: 'sip:+4915112345678@pbx.example' })
    const incoming = outside.nextIncoming(10_000)
    incoming.catch(() => {})
    const call = inside.call(OUTSIDE)
    const outcome = await Promise.race([incoming, call.outcome])
    await pbx.callsLookLike({})
    assert.ok(
      requestsOf(provider.seen(), 'INVITE').every(({ headers }) =>
        headers.every(({ value }) => !value.includes('15112345678')),
      ),
    )
    await call.hangup()
    return 'ok' in outcome ? 'works, refused' : 'works, another number is shown'
  })
  await report.row(KAMAILIO, 'a call of the exchange to a phone of ours', async () => {
    const { call } = await connect(inside, alice, '101')
    await call.hangup()
  })
  await world.quiet()
})

test('the exchange is away', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await report.row(KAMAILIO, 'a call from outside while the exchange says nothing: it ends, with a cause', async () => {
    await pbx.goSilent()
    const since = Date.now()
    const outcome = await outside.call(OWNED).outcome
    await pbx.goSilent(false)
    assert.equal(outcome.ok, false)
    const record = await world.lastCall(since)
    assert.ok(['trunk-failed', 'unreachable'].includes(record.end?.cause ?? ''), JSON.stringify(record.end))
    return `works (${record.end?.cause})`
  })
  await world.quiet()
})
