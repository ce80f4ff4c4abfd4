/** What happens to calls while they last: session timers, phones that vanish, strangers with the right tags, media, drain, stop. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallWorld, NOTHING_LEFT, type WorldOptions } from '../../test/support/call-world.ts'
import { PhoneCall, type ScriptedPhone, sdp } from '../../test/support/scripted-phone.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { TransportProtocol } from '../sip/transport/types.ts'
import { NO_REPORT } from './fakes.ts'

interface Pair {
  readonly world: CallWorld
  readonly alice: ScriptedPhone
  readonly bob: ScriptedPhone
  readonly caller: PhoneCall
  readonly callee: PhoneCall
}

async function pair(
  options: WorldOptions = {},
  headers: readonly HeaderPair[] = [],
  protocol: TransportProtocol = 'TLS',
): Promise<Pair> {
  const world = new CallWorld(options)
  const alice = world.phone('101', { protocol })
  const bob = world.phone('102', { protocol })
  const invite = await alice.call('102', { body: sdp(alice.username), headers })
  const callee = await (await bob.ringing()).answer()
  const caller = await invite.answered()
  await world.settle()
  return { world, alice, bob, caller, callee }
}

const REFRESHING: readonly HeaderPair[] = [
  ['Supported', 'timer'],
  ['Session-Expires', '1800;refresher=uac'],
]

test('we refresh both legs at half time, by UPDATE where the phone allows it; nothing changes (RFC 4028)', async () => {
  const { world, alice, bob, caller } = await pair()
  for (let round = 0; round < 3; round++) {
    await world.pass(900_000)
    for (const phone of [alice, bob]) {
      const update = await phone.expectRequest('UPDATE')
      assert.equal(update.body.length, 0)
      assert.equal(update.header('Session-Expires'), '1800;refresher=uac')
      phone.respond(update, 200, '', { headers: [['Session-Expires', '1800;refresher=uac']] })
    }
    await world.settle()
  }
  assert.equal(world.calls.liveCount, 1)
  await caller.hangUp()
  bob.respond(await bob.expectRequest('BYE'), 200, '')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('a phone without UPDATE is refreshed by a re-INVITE with the same words', async () => {
  const { world, alice, bob } = await pair()
  await world.pass(900_000)
  bob.respond(await bob.expectRequest('UPDATE'), 405, '')
  alice.respond(await alice.expectRequest('UPDATE'), 200, '')
  await world.pass(6_000)
  const invite = await bob.expectRequest('INVITE')
  assert.match(invite.body.toString(), /o=ringfence 12 1 /)
  bob.respond(invite, 200, '', { body: sdp(bob.username), headers: [['Session-Expires', '1800;refresher=uac']] })
  await bob.expectRequest('ACK')
  await alice.expectSilence()
  assert.equal(world.calls.liveCount, 1)
})

test('the caller refreshes, as it asked to; when it stops, both get BYE: session-expired', async () => {
  const { world, alice, bob, caller, callee } = await pair({}, REFRESHING)
  assert.equal(caller.response!.header('Session-Expires'), '1800;refresher=uac')
  assert.match(caller.response!.header('Require')!, /timer/)
  await world.pass(900_000)
  bob.respond(await bob.expectRequest('UPDATE'), 200, '')
  await alice.expectSilence()
  await caller.exchange('UPDATE', 200, {
    headers: [
      ['Session-Expires', '1800;refresher=uac'],
      ['Supported', 'timer'],
    ],
  })
  await world.pass(900_000)
  bob.respond(await bob.expectRequest('UPDATE'), 200, '')
  assert.equal(world.calls.liveCount, 1)
  await world.pass(900_000)
  await bob.flush()
  await callee.phone.flush()
  await alice.expectRequest('BYE')
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'caller', cause: 'session-expired', sipCode: 408 })
})

test('a phone that does not answer the refresh is gone: session-expired', async () => {
  const { world, alice, bob, caller } = await pair()
  bob.goDeaf()
  await world.pass(900_000)
  alice.respond(await alice.expectRequest('UPDATE'), 200, '')
  await world.pass(33_000)
  await caller.obey('BYE')
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'callee', cause: 'session-expired', sipCode: 408 })
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('glare with a refresh: 491 is tried again after 2.1 to 4 s by the owner of the Call-ID (§14.1)', async () => {
  const { world, alice, bob } = await pair()
  await world.pass(900_000)
  alice.respond(await alice.expectRequest('UPDATE'), 200, '')
  bob.respond(await bob.expectRequest('UPDATE'), 491, '')
  await world.pass(2_000)
  await bob.expectSilence()
  await world.pass(2_000)
  bob.respond(await bob.expectRequest('UPDATE'), 200, '')
})

test('a phone whose connection closed has 30 s to come back; it did not: unreachable', async () => {
  const { world, bob, caller } = await pair()
  world.closeFlow(bob.flow)
  await world.pass(29_000)
  assert.equal(world.calls.liveCount, 1)
  await world.pass(2_000)
  await caller.obey('BYE')
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'callee', cause: 'unreachable', sipCode: 480 })
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('a phone that registers over a new connection is found there', async () => {
  const { world, bob, caller } = await pair()
  bob.reconnect()
  world.register(bob)
  await world.pass(31_000)
  assert.equal(world.calls.liveCount, 1)
  await caller.hangUp()
  await bob.expectRequest('BYE')
})

test('a phone that speaks over a new connection before it registers proves itself first', async () => {
  const { world, bob, caller, callee } = await pair()
  bob.reconnect()
  callee.send('INFO')
  const challenge = await bob.expectResponse(407)
  const uri = '<sip:192.0.2.1:5061;transport=tls>'.slice(1, -1)
  await callee.exchange('INFO', 200, { headers: [bob.authorization(challenge, 'INFO', uri)] })
  await world.pass(31_000)
  await caller.hangUp()
  await bob.expectRequest('BYE')
})

test('knowing the tags is not enough: another phone’s BYE, re-INVITE or ACK within the dialog is refused', async () => {
  const { world, alice, bob, caller } = await pair()
  const mallory = world.phone('666')
  const stolen = new PhoneCall(mallory, caller.dialog, undefined)
  stolen.send('BYE')
  const challenge = await mallory.expectResponse(407)
  // Even with credentials of its own, which are right, it is not alice.
  const uri = 'sip:192.0.2.1:5061;transport=tls'
  stolen.send('BYE', { headers: [mallory.authorization(challenge, 'BYE', uri)] })
  await mallory.expectResponse(403)
  stolen.send('INVITE', { body: sdp('mallory') })
  await mallory.expectResponse(407)
  await alice.expectSilence()
  await bob.expectSilence()
  assert.equal(world.calls.liveCount, 1)
})

test('a TLS dialog is never continued in plaintext', async () => {
  const { world, caller } = await pair()
  const plain = world.phone('666', { protocol: 'UDP' })
  const stolen = new PhoneCall(plain, caller.dialog, undefined)
  await stolen.exchange('BYE', 403)
  assert.equal(world.calls.liveCount, 1)
})

test('insecure UDP: a new source port of the same address is the same phone', async () => {
  const { world, alice, bob, caller } = await pair({}, [], 'UDP')
  alice.flow = world.network.open('UDP', alice.address, () => {})
  caller.send('BYE')
  await bob.expectRequest('BYE')
})

test('a call whose SRTP key has protected all that it may ends: key-expired', async () => {
  const { world, caller } = await pair()
  world.calls.mediaKeyExpired(world.media.opened[0]!, 'a')
  await world.settle()
  const bye = await caller.obey('BYE')
  assert.equal(bye.header('Reason'), 'SIP;cause=488;text="SRTP key expired"')
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'caller', cause: 'key-expired', sipCode: 488 })
})

test('media that stays silent for too long ends its call: media-timeout', async () => {
  const { world, caller, callee } = await pair()
  world.calls.mediaSilent(world.media.opened[0]!, 'b', 30_000)
  await caller.obey('BYE')
  await callee.obey('BYE')
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'callee', cause: 'media-timeout', sipCode: 408 })
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('a media worker that dies ends its calls only: system-error', async () => {
  const { world, caller, callee } = await pair()
  const [dave, erin] = [world.phone('104'), world.phone('105')]
  const invite = await dave.call('105')
  await (await erin.ringing()).answer()
  await invite.answered()
  world.calls.mediaFailed(world.media.opened[0]!, 'worker 1 died')
  await caller.obey('BYE')
  await callee.obey('BYE')
  assert.equal(world.calls.liveCount, 1)
  assert.equal(world.records.latest()[0]?.end?.cause, 'system-error')
})

test('quality becomes an event, the live view and the record', async () => {
  const { world, caller, callee } = await pair()
  const side = { ...NO_REPORT, packetsReceived: 250, mos: 4.4, codec: 'PCMU/8000', suite: 'AEAD_AES_256_GCM' as const }
  world.calls.mediaQuality(world.media.opened[0]!, { a: side, b: { ...side, mos: 3.1 } })
  assert.equal(world.eventsOf('call.quality')[0]?.data.callee.mos, 3.1)
  const [live] = world.calls.live()
  assert.deepEqual(
    live?.legs.map(leg => [leg.number, leg.signalling, leg.media, leg.codec, leg.mos]),
    [
      ['101', 'TLS', 'AEAD_AES_256_GCM', 'PCMU/8000', 4.4],
      ['102', 'TLS', 'AEAD_AES_256_GCM', 'PCMU/8000', 3.1],
    ],
  )
  await caller.hangUp()
  await callee.obey('BYE')
  await world.settle()
  assert.equal(world.records.latest()[0]?.legs[0]?.media?.suite, 'AEAD_AES_256_GCM')
})

test('drain: no new calls, resolved when the last one ended', async () => {
  const { world, alice, caller, callee } = await pair()
  let drained = false
  const draining = world.calls.drain().then(() => {
    drained = true
  })
  const invite = alice.invite('102', { body: sdp('x') })
  invite.transmit()
  assert.equal((await invite.refused(503)).header('Retry-After'), '10')
  assert.equal(drained, false)
  await caller.hangUp()
  await callee.obey('BYE')
  await draining
  assert.equal(world.records.latest()[0]?.end?.cause, 'normal')
})

test('stop: BYE to those who talk, 503 to those who wait, records written', async () => {
  const { world, caller, callee } = await pair()
  const [dave, erin] = [world.phone('104'), world.phone('105')]
  const waiting = await dave.call('105')
  const bell = await erin.ringing()
  bell.respond(180)
  await dave.expect(180)
  await world.calls.stop()
  await caller.obey('BYE')
  await callee.obey('BYE')
  await waiting.refused(503)
  await bell.cancelled()
  assert.ok(world.records.latest().every(record => record.endedAt !== undefined))
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('the calls of a device that was removed end', async () => {
  const { world, alice, caller, callee } = await pair()
  world.calls.endCallsOfDevice(alice.account.device.id)
  await caller.obey('BYE')
  await callee.obey('BYE')
  assert.equal(world.records.latest()[0]?.end?.cause, 'not-admitted')
})

test('ends that the store does not take wait, and are written when it is back', async () => {
  const { world, caller, callee } = await pair()
  world.records.broken = true
  await caller.hangUp()
  await callee.obey('BYE')
  await world.pass(10_000)
  assert.equal(world.records.latest()[0]?.endedAt, undefined)
  world.records.broken = false
  await world.pass(1_000)
  assert.equal(world.records.latest()[0]?.end?.cause, 'normal')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('a hundred calls of every kind leave nothing behind', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const devices = [world.phone('102'), world.phone('102')]
  const ends = ['busy', 'cancel', 'talk', 'deaf'] as const
  for (let i = 0; i < 100; i++) {
    const how = ends[i % ends.length]!
    const invite = await alice.call('102')
    const bells = await Promise.all(devices.map(device => device.ringing()))
    if (how === 'busy') {
      for (const bell of bells) await bell.refuse(486)
      await invite.refused(486)
    } else if (how === 'cancel' || how === 'deaf') {
      for (const bell of bells) bell.respond(180)
      await alice.expect(180)
      invite.cancel()
      await alice.expect(200)
      await invite.refused(487)
      if (how === 'cancel') for (const bell of bells) await bell.cancelled()
      else for (const device of devices) await device.flush()
    } else {
      bells[1]!.respond(180)
      await alice.expect(180)
      const callee = await bells[0]!.answer()
      await bells[1]!.cancelled()
      const caller = await invite.answered()
      await callee.hangUp()
      await caller.obey('BYE')
    }
  }
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
  assert.equal(world.eventsOf('call.ended').length, 100)
  assert.equal(world.eventsOf('call.started').length, 100)
  assert.ok(world.records.latest().every(record => record.end !== undefined))
})
