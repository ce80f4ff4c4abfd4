/** A provider that knows us by our address, over UDP and plain RTP, each allowed by name; and strangers who are nobody's trunk. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { startBaresip } from '../support/baresip.ts'
import { interopSection } from '../support/interop-report.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { pause } from '../support/places.ts'
import {
  connect,
  OUTSIDE,
  OUTSIDE_DIALLED,
  type OutsideWorld,
  OWNED,
  phoneBehind,
  startOutsideWorld,
} from '../support/provider/outside-world.ts'
import { freeUdpPort, type Provider, startProvider } from '../support/provider/provider.ts'
import { answersTo, requestsOf } from '../support/provider/seen.ts'
import { accepted } from '../support/ringfence.ts'
import { assertHears } from '../support/tone-check.ts'

const KAMAILIO = `Kamailio ${peerVersion('kamailio')}`
const report = interopSection('trunk-fixed', 'A provider with a fixed address (UDP, RTP in clear, allowed by name)', [
  'The trunk needs `--allow-insecure-signalling`, `--allow-insecure-media` and its `--source`; phones inside have TLS and SRTP all the same.',
])
const available = peerVersion('kamailio') !== undefined

let world: OutsideWorld
let provider: Provider
let alice: TestPhone
let outside: TestPhone

before(async () => {
  if (!available) return
  world = await startOutsideWorld('trunk-fixed')
  const customer = { address: '127.0.0.1', port: world.plainPort }
  provider = await startProvider({ kind: 'udp-fixed', address: '127.0.0.32', customer })
  world.cleanUp.push(provider.stop)
  await world.addTrunk('plain', provider)
  alice = await world.phone('101')
  outside = await phoneBehind(world, provider)
  accepted(await world.operations.numberAdd({ e164: OWNED, target: 'extension:101' }))
})

after(async () => {
  await world?.stop()
  report.write()
})

test('a trunk in clear needs its name for it', { timeout: 30_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  const secure = { name: 'quiet', host: '127.0.0.38', transport: 'UDP' as const }
  const result = await world.operations.trunkAdd(secure)
  assert.equal(result.ok, false, 'UDP without allowInsecureSignalling')
})

test('calls out and in, RTP in clear outside, SRTP inside', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await report.row(KAMAILIO, 'answers OPTIONS: the trunk is up', async () => {
    await world.trunkIs('plain', 'up')
    await provider.waitForRequest('OPTIONS')
  })
  await report.row(KAMAILIO, 'a call out, tone both ways', async () => {
    const since = Date.now()
    const { call, other } = await connect(alice, outside, OUTSIDE_DIALLED)
    const invite = requestsOf(provider.seen(), 'INVITE').at(-1)!
    assert.match(invite.requestUriText, new RegExp(`^sip:\\${OUTSIDE}@`))
    assert.match(Buffer.from(invite.body).toString(), /^m=audio \d+ RTP\/AVP /m)
    assert.doesNotMatch(Buffer.from(invite.body).toString(), /a=crypto/)
    assert.equal(other.suite, undefined)
    assert.notEqual(call.suite, undefined)
    const ended = other.ended
    await call.hangup()
    assert.equal((await ended).by, 'them')
    const trunk = (await world.lastCall(since)).legs.find(leg => leg.trunk === 'plain')
    assert.equal(trunk?.signalling.protocol, 'UDP')
  })
  await report.row(KAMAILIO, 'a call in, tone both ways, hold, hung up by either', async () => {
    const { call, other } = await connect(outside, alice, OWNED)
    assert.equal(await other.hold(), 200)
    assert.equal(await other.resume(), 200)
    await assertHears('outside', call.measureTone, 1000)
    const ended = call.ended
    await other.hangup()
    assert.equal((await ended).by, 'them')
  })
  await world.quiet()
})

test('a real phone behind the provider, both directions', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'kamailio', 'baresip')) return
  const baresip = `baresip ${peerVersion('baresip')}`
  await world.trunkIs('plain', 'up')
  await outside.unregister()
  const credentials = { ...provider.subscriber, ca: world.system.ready.ca }
  // RTP in clear is taken from the address in the description, or from that of the signalling.
  const plain = { mediaEncryption: '', networkAddress: '127.0.0.1' }
  const options = { folder: world.system.data.path, name: 'plain', credentials, tone: 600, ...plain }
  const phone = await startBaresip(options)
  try {
    await phone.registered()
    await report.row(baresip, 'is called through the provider, tone both ways', async () => {
      const seen = phone.events.length
      const call = alice.call(OUTSIDE_DIALLED, { speak: 440 })
      await phone.waitFor('CALL_INCOMING', 8000, seen)
      await phone.accept()
      assert.equal((await call.outcome).ok, true)
      await assertHears('inside', call.measureTone, 600)
      await assertHears('baresip', phone.measure, 440)
      await call.hangup()
      await phone.waitFor('CALL_CLOSED', 8000, seen)
    })
    await report.row(baresip, 'calls in through the provider, tone both ways', async () => {
      const seen = phone.events.length
      const incoming = alice.nextIncoming(10_000)
      await phone.dial(OWNED)
      const call = await incoming
      call.speak(440)
      await call.answer()
      await phone.waitFor('CALL_ESTABLISHED', 8000, seen)
      await assertHears('inside', call.measureTone, 600)
      await assertHears('baresip', phone.measure, 440)
      const ended = call.ended
      await phone.hangup()
      assert.equal((await ended).by, 'them')
    })
  } finally {
    await phone.stop()
    await outside.register()
  }
  await world.quiet()
})

test('a stranger who looks like a provider gets no answer', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await report.row(KAMAILIO, 'the same call from an address that is no trunk: no answer, no ringing', async () => {
    const customer = { address: '127.0.0.1', port: world.plainPort }
    const address = '127.0.0.39'
    const stranger = await startProvider({ kind: 'udp-fixed', address, port: await freeUdpPort(address), customer })
    world.cleanUp.push(stranger.stop)
    const phone = await phoneBehind(world, stranger)
    let rang = false
    alice.onIncoming(call => {
      rang = true
      call.reject(486)
    })
    // The stranger gives up after its own five seconds without an answer.
    const outcome = await phone.call(OWNED).outcome
    assert.equal(outcome.ok ? 200 : outcome.status, 408)
    assert.deepEqual(answersTo(stranger.seen(), 'INVITE'), [])
    assert.equal(rang, false)
  })
  await report.row(KAMAILIO, 'failures from its address never ban the provider', async () => {
    for (let i = 0; i < 30; i++) await outside.call(`+49302312599${i % 10}`).outcome
    // As many calls a second as the trunk may bring (10 by default) were there.
    await pause(1500)
    const { call } = await connect(outside, alice, OWNED)
    await call.hangup()
  })
  await world.quiet()
})
