/** Several devices ring at once: who wins, who is told what, and which refusal the caller hears. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUacDialog } from '../sip/dialog/dialog.ts'
import { CallWorld, NOTHING_LEFT } from '../../test/support/call-world.ts'
import { sdp } from '../../test/support/scripted-phone.ts'

test('all devices ring with offers of their own; the first 2xx wins, the others are cancelled with a reason', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const devices = [world.phone('102'), world.phone('102'), world.phone('102')]
  const invite = await alice.call('102')
  const [first, second, third] = await Promise.all(devices.map(device => device.ringing()))
  const offers = [first, second, third].map(each => each!.request.body.toString())
  assert.equal(new Set(offers).size, 3)
  assert.equal(new Set([first, second, third].map(each => each!.request.callId)).size, 3)
  first!.respond(180)
  second!.respond(183, { body: sdp('second') })
  const ringing = await alice.expectResponse(180)
  assert.equal(ringing.body.length, 0, 'early media of one of several devices stays behind')
  await alice.expectSilence()
  await second!.answer()
  for (const other of [first!, third!]) {
    if (other === third) other.respond(180)
    const cancel = await other.cancelled()
    assert.equal(cancel.header('Reason'), 'SIP;cause=200;text="Call completed elsewhere"')
  }
  await (await invite.answered()).hangUp()
  await devices[1]!.expectRequest('BYE')
  assert.equal(world.records.latest()[0]?.legs.length, 2)
  assert.equal(world.records.latest()[0]?.legs[1]?.deviceId, devices[1]!.account.device.id)
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('at most ten devices ring', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  for (let i = 0; i < 12; i++) world.phone('102')
  await alice.call('102')
  await world.settle()
  assert.equal(world.media.bridgeCount, 10)
  assert.equal(world.eventsOf('call.ringing')[0]?.data.devices, 10)
})

test('a late 2xx of a loser gets ACK and BYE', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const [fast, slow] = [world.phone('102'), world.phone('102')]
  const invite = await alice.call('102')
  const winner = await fast.ringing()
  const loser = await slow.ringing()
  loser.respond(180)
  await alice.expect(180)
  await winner.answer()
  await invite.answered()
  const cancel = await slow.expectRequest('CANCEL')
  slow.respond(cancel, 200, loser.tag)
  loser.respond(200, { body: sdp('slow') })
  await slow.expectRequest('ACK')
  const bye = await slow.expectRequest('BYE')
  assert.match(bye.header('Reason')!, /Call completed elsewhere/)
  slow.respond(bye, 200, '')
})

test('two devices answer in the same instant: one has the call, the other ACK and BYE', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const devices = [world.phone('102'), world.phone('102')]
  const invite = await alice.call('102')
  const bells = await Promise.all(devices.map(device => device.ringing()))
  for (const bell of bells) bell.respond(200, { body: sdp('either') })
  for (const device of devices) await device.expectRequest('ACK')
  await invite.answered()
  const bye = await devices[1]!.expectRequest('BYE')
  devices[1]!.respond(bye, 200, '')
  await devices[0]!.expectSilence()
  assert.equal(world.media.bridgeCount, 1)
})

test('a repeated 2xx is acknowledged again (§13.2.2.4)', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  await bell.answer()
  await invite.answered()
  bell.respond(200, { body: sdp('bob') })
  await bob.expectRequest('ACK')
})

test('CANCEL of the caller: 487 to it, CANCEL with its reason’s number to the devices, cause cancelled', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expect(180)
  invite.cancel([['Reason', 'SIP;cause=26;text="inner words"']])
  await alice.expect(200)
  await invite.refused(487)
  const cancel = await bell.cancelled()
  assert.equal(cancel.header('Reason'), 'SIP;cause=26')
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'caller', cause: 'cancelled', sipCode: 487 })
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('CANCEL crosses the 200: the callee that answered gets ACK and BYE', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  await world.settle()
  const release = world.records.hold()
  const callee = await bell.answer()
  invite.cancel()
  await alice.expect(200)
  await invite.refused(487)
  release()
  await callee.obey('BYE')
  await world.settle()
  const record = world.records.latest()[0]
  assert.equal(record?.end?.cause, 'cancelled')
  assert.equal(record?.answeredAt, undefined)
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('no answer within the ring time: 480, CANCEL, cause no-answer', async () => {
  const world = new CallWorld({ ringTimeMs: 30_000 })
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expect(180)
  await world.pass(30_000)
  await invite.refused(480)
  await bell.cancelled()
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'callee', cause: 'no-answer', sipCode: 480 })
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

/** Statuses of the devices, what the caller hears, and the cause (§16.7 step 6). */
const REFUSALS: readonly (readonly [readonly number[], number, string])[] = [
  [[486], 486, 'busy'],
  [[600], 600, 'busy'],
  [[603], 603, 'declined'],
  [[403], 403, 'declined'],
  [[480], 480, 'no-answer'],
  [[404], 480, 'unreachable'],
  [[302], 480, 'unreachable'],
  [[401], 480, 'protocol-error'],
  [[500], 480, 'unreachable'],
  [[503], 480, 'unreachable'],
  [[488], 488, 'media-refused'],
  [[606], 488, 'media-refused'],
  [[480, 486], 486, 'busy'],
  [[503, 486], 486, 'busy'],
  [[486, 603], 603, 'declined'],
  [[404, 480], 480, 'no-answer'],
]
for (const [statuses, heard, cause] of REFUSALS) {
  test(`devices say ${statuses.join(', ')}: the caller hears ${heard}, cause ${cause}`, async () => {
    const world = new CallWorld()
    const alice = world.phone('101')
    const devices = statuses.map(() => world.phone('102'))
    const invite = await alice.call('102')
    const bells = await Promise.all(devices.map(device => device.ringing()))
    for (const [index, bell] of bells.entries()) {
      await bell.refuse(statuses[index]!, { headers: [['Warning', '399 inner.example "inner"']] })
    }
    const refusal = await invite.refused(heard)
    assert.equal(refusal.header('Warning'), undefined)
    assert.equal(world.records.latest()[0]?.end?.cause, cause)
    assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
  })
}

test('6xx of one device ends it for all', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const [one, two] = [world.phone('102'), world.phone('102')]
  const invite = await alice.call('102')
  const declining = await one.ringing()
  const waiting = await two.ringing()
  waiting.respond(180)
  await alice.expect(180)
  await declining.refuse(603)
  await waiting.cancelled()
  await invite.refused(603)
})

test('a device whose connection breaks while it rings counts as unreachable; the other goes on', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const [one, two] = [world.phone('102'), world.phone('102')]
  const invite = await alice.call('102')
  await one.ringing()
  const bell = await two.ringing()
  world.closeFlow(one.flow)
  await bell.answer()
  await invite.answered()
  assert.equal(world.media.bridgeCount, 1)
})

test('a device that never says a word: 480 after timer B', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  bob.goDeaf()
  const invite = await alice.call('102')
  await world.pass(33_000)
  await invite.refused(480)
  assert.equal(world.records.latest()[0]?.end?.cause, 'unreachable')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('early media of a single device reaches the caller, and its 200 may repeat it', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(183, { body: sdp('bob') })
  const early = await alice.expectResponse(183)
  assert.match(early.body.toString(), /bridge1a/)
  await bell.answer({ body: sdp('bob') })
  const caller = await invite.answered()
  assert.equal(caller.response!.body.toString(), early.body.toString())
})

test('RFC 3262: a caller that requires 100rel gets reliable answers, and the 200 waits for its PRACK', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102', { body: sdp('alice'), headers: [['Require', '100rel']] })
  const bell = await bob.ringing()
  bell.respond(180)
  const ringing = await alice.expectResponse(180)
  assert.ok(ringing.header('RSeq') !== undefined)
  assert.equal(ringing.header('Require'), '100rel')
  await bell.answer()
  await alice.expectSilence()
  const early = createUacDialog(invite.request, ringing)
  const rack = `${ringing.header('RSeq')} ${ringing.cseq.number} INVITE`
  alice.sendRequest(early.request('PRACK', { headers: [['RAck', rack]] }))
  await alice.expectResponse(200)
  await invite.answered()
  alice.sendRequest(early.request('BYE'))
  await alice.expectResponse(200)
  await bob.expectRequest('BYE')
})

test('RFC 3262: a reliable answer of the callee gets PRACK, a repetition does not pass twice', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  await alice.call('102')
  const bell = await bob.ringing()
  assert.match(bell.request.header('Supported')!, /100rel/)
  const reliable = [
    ['Require', '100rel'],
    ['RSeq', '7'],
  ] as const
  bell.respond(180, { headers: reliable })
  const prack = await bob.expectRequest('PRACK')
  assert.equal(prack.header('RAck'), `7 ${bell.request.cseq.number} INVITE`)
  bob.respond(prack, 200, '')
  await alice.expect(180)
  bell.respond(180, { headers: reliable })
  await bob.expectSilence()
  await alice.expectSilence()
})

test('422 of the callee: the INVITE is repeated with the interval that it wants (RFC 4028 §7.4)', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  await bell.refuse(422, { headers: [['Min-SE', '3600']] })
  const again = await bob.ringing()
  assert.equal(again.request.header('Session-Expires'), '3600')
  assert.equal(again.request.header('Min-SE'), '3600')
  assert.ok(again.request.cseq.number > bell.request.cseq.number)
  await again.answer()
  await invite.answered()
})

test('headers that a phone escaped into its contact are no part of what we send it (RFC 3261 §19.1.5)', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const [binding] = world.bindings.bindingsOf(bob.account.extension.id)
  world.bindings.remove(bob.flow.id)
  world.bindings.add({ ...binding!, contact: `${bob.contactUri}?Route=%3Csip:203.0.113.9%3E&Subject=x` })
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  assert.equal(bell.request.requestUriText, bob.contactUri)
  assert.equal(bell.request.header('Route'), undefined)
  assert.equal(bell.request.header('Subject'), undefined)
  await bell.answer()
  await invite.answered()
})
