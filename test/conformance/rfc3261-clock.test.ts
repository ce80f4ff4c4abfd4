/** RFC 3261 where it takes half a minute or more: the call room over the real transaction layer, time passes by hand. */
import assert from 'node:assert/strict'
import { CallWorld, NOTHING_LEFT } from '../support/call-world.ts'
import { sdp } from '../support/scripted-phone.ts'
import { conformance } from './table/conformance.ts'
import { talk } from './wire-request.ts'

conformance(
  'RFC 3261 §13.3.1.4',
  'the caller never acknowledges the 200',
  'after 64*T1 the session is ended by BYE',
  async () => {
    const world = new CallWorld()
    const [alice, bob] = [world.phone('101'), world.phone('102')]
    await alice.call('102')
    const callee = await (await bob.ringing()).answer()
    await alice.expect(200)
    for (let passed = 0; passed < 32_500; passed += 500) await world.pass(500)
    const bye = await callee.obey('BYE')
    assert.match(bye.header('Reason') ?? '', /^SIP;cause=/)
    const repeated = alice.drain().map(message => (message.kind === 'request' ? message.method : message.status))
    assert.equal(repeated.pop(), 'BYE')
    assert.ok(repeated.length > 5 && repeated.every(status => status === 200))
    assert.equal(world.calls.liveCount, 0)
    return 'BYE to both phones; until then the 200 is repeated'
  },
)

conformance(
  'RFC 3261 §14.2',
  'the ACK of a re-INVITE never comes',
  'after 64*T1 the session is ended by BYE',
  async () => {
    const world = new CallWorld()
    const [alice, bob] = [world.phone('101'), world.phone('102')]
    const call = await talk(alice, bob)
    call.caller.send('INVITE', { body: sdp('alice', 'sendonly', 'RTP/SAVP', 2) })
    await call.callee.reinvited(sdp('bob', 'recvonly', 'RTP/SAVP', 2))
    await alice.expect(200)
    for (let passed = 0; passed < 32_500; passed += 500) await world.pass(500)
    await call.callee.obey('BYE')
    assert.equal(world.calls.liveCount, 0)
  },
)

conformance(
  'RFC 3261 §17.1.1.2',
  'a phone over UDP that never answers',
  'INVITE repeated, given up after 64*T1',
  async () => {
    const world = new CallWorld()
    const alice = world.phone('101')
    const bob = world.phone('102', { protocol: 'UDP' })
    const invite = await alice.call('102')
    for (let passed = 0; passed < 32_500; passed += 500) await world.pass(500)
    const invites = bob.drain()
    assert.equal(invites.length, 7)
    await invite.refused(480)
    assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
    return 'seven INVITEs, then 480 for the caller'
  },
)

conformance(
  'RFC 3261 §17.1.2.2',
  'BYE that is never answered',
  'given up after 64*T1, the session is over',
  async () => {
    const world = new CallWorld()
    const alice = world.phone('101')
    const bob = world.phone('102', { protocol: 'UDP' })
    const call = await talk(alice, bob)
    await call.caller.hangUp()
    for (let passed = 0; passed < 33_000; passed += 500) await world.pass(500)
    assert.equal(bob.drain().length, 11)
    assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
    return 'eleven BYEs'
  },
)

conformance(
  'RFC 3261 §16.8',
  'a phone rings and nobody answers',
  'Timer C: more than three minutes, or shorter by policy',
  async () => {
    const world = new CallWorld()
    const [alice, bob] = [world.phone('101'), world.phone('102')]
    const invite = await alice.call('102')
    const bell = await bob.ringing()
    bell.respond(180)
    await alice.expect(180)
    await world.pass(119_000)
    await bob.expectSilence()
    await world.pass(2_000)
    await bell.cancelled()
    await invite.refused(480)
    assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
    return 'CANCEL after two minutes (`limits.ringTime`) and 480: a user agent rings as long as it likes'
  },
)

conformance(
  'RFC 3261 §9.1',
  'a phone that takes the CANCEL and never answers the INVITE',
  'given up after 64*T1',
  async () => {
    const world = new CallWorld()
    const [alice, bob] = [world.phone('101'), world.phone('102')]
    const invite = await alice.call('102')
    const bell = await bob.ringing()
    bell.respond(180)
    await alice.expect(180)
    invite.cancel()
    await alice.expect(200)
    await invite.refused(487)
    const cancel = await bob.expectRequest('CANCEL')
    bob.respond(cancel, 200, bell.tag)
    assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
  },
)

conformance('RFC 4320 §4.2', 'INFO that the other phone never answers', 'no 408 is sent', async () => {
  const world = new CallWorld()
  const [alice, bob] = [world.phone('101'), world.phone('102')]
  const call = await talk(alice, bob)
  call.caller.send('INFO', { body: 'Signal=1\r\nDuration=100\r\n', contentType: 'application/dtmf-relay' })
  await bob.expect('INFO')
  for (let passed = 0; passed < 40_000; passed += 500) await world.pass(500)
  const statuses = alice.drain().map(message => (message.kind === 'response' ? message.status : 0))
  assert.ok(!statuses.includes(408))
  assert.ok(
    statuses.every(status => status === 100 || status >= 500),
    statuses.join(),
  )
  assert.equal(world.calls.liveCount, 1)
})
