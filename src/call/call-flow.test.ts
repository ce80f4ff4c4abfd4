/** A call between two extensions from INVITE to BYE: who may, what crosses, what is written down and when. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUacDialog } from '../sip/dialog/dialog.ts'
import { serialise } from '../sip/message/serialise.ts'
import { CallWorld, NOTHING_LEFT } from '../../test/support/call-world.ts'
import { type PhoneCall, type ScriptedPhone, sdp } from '../../test/support/scripted-phone.ts'

async function establish(alice: ScriptedPhone, bob: ScriptedPhone): Promise<{ caller: PhoneCall; callee: PhoneCall }> {
  const invite = await alice.call(bob.account.extension.number)
  const ringing = await bob.ringing()
  ringing.respond(180)
  await alice.expect(180)
  const callee = await ringing.answer()
  const caller = await invite.answered()
  return { caller, callee }
}

test('a call: challenged, rung, answered, ended by the caller; nothing is left', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const { caller, callee } = await establish(alice, bob)
  assert.equal(world.calls.live()[0]?.state, 'answered')
  await caller.hangUp()
  await callee.obey('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
  const [record] = world.records.latest()
  assert.deepEqual(record?.end, { side: 'caller', cause: 'normal', sipCode: 200 })
  assert.equal(record?.from, '101')
  assert.equal(record?.to, '102')
  assert.equal(record?.legs.length, 2)
  assert.equal(record?.legs[0]?.authentication, 'SHA-256')
  assert.equal(record?.legs[0]?.signalling.tls, 'TLSv1.3')
  const types = world.events.map(event => event.type)
  assert.deepEqual(types, ['call.started', 'call.ringing', 'call.answered', 'call.ended'])
})

test('the callee hangs up: side callee', async () => {
  const world = new CallWorld()
  const { caller, callee } = await establish(world.phone('101'), world.phone('102'))
  await callee.hangUp()
  await caller.obey('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
  assert.equal(world.records.latest()[0]?.end?.side, 'callee')
})

test('topology is hidden: nothing of the caller’s phone or address reaches the callee, nor back', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102', {
    body: sdp(alice.username),
    headers: [
      ['X-Secret', 'inner'],
      ['Subject', 'lunch'],
      ['P-Asserted-Identity', '<sip:boss@example.com>'],
    ],
  })
  const ringing = await bob.ringing()
  const text = serialise(ringing.request).toString('latin1')
  for (const secret of [
    alice.username,
    alice.address,
    alice.userAgent,
    invite.callId,
    invite.fromTag,
    'X-Secret',
    'boss',
  ]) {
    assert.ok(!text.includes(secret), `${secret} in\n${text}`)
  }
  assert.equal(ringing.request.header('Subject'), 'lunch')
  assert.equal(ringing.request.header('From')?.split(';')[0], '"Extension 101" <sip:101@example.com>')
  assert.equal(ringing.request.header('To'), '<sip:102@example.com>')
  assert.equal(ringing.request.requestUriText, bob.contactUri)
  assert.equal(ringing.request.header('Contact'), '<sip:192.0.2.1:5061;transport=tls>')
  assert.equal(ringing.request.maxForwards, 69)
  assert.equal(ringing.request.vias.length, 1)
  await ringing.answer()
  const answer = await alice.expectResponse(200)
  const answerText = serialise(answer).toString('latin1')
  for (const secret of [bob.username, bob.address, bob.userAgent, ringing.request.callId, ringing.tag]) {
    assert.ok(!answerText.includes(secret), `${secret} in\n${answerText}`)
  }
})

test('no call is connected before its record is durable', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102')
  const ringing = await bob.ringing()
  await world.settle()
  const release = world.records.hold()
  await ringing.answer()
  await alice.expectSilence()
  assert.equal(world.calls.live()[0]?.answeredAt, null)
  release()
  await invite.answered()
  const answered = world.records.saved.find(record => record.answeredAt !== undefined)
  assert.equal(answered?.endedAt, undefined)
})

test('a store that is gone: the callee gets BYE, the caller 503 with Retry-After, the end is written later', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102')
  const ringing = await bob.ringing()
  await world.settle()
  world.records.broken = true
  const callee = await ringing.answer()
  const refusal = await invite.refused(503)
  assert.equal(refusal.header('Retry-After'), '10')
  await callee.obey('BYE')
  world.failures.length = 0
  await world.pass(5_000)
  assert.equal(world.records.latest()[0]?.end, undefined)
  world.records.broken = false
  await world.pass(2_000)
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'system', cause: 'system-error', sipCode: 503 })
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('wrong password: challenged again like everybody, with an event and a word to the firewall', async () => {
  const told: string[] = []
  const world = new CallWorld({ onAuthentication: (outcome, username) => told.push(`${outcome} ${username}`) })
  const alice = world.phone('101')
  const invite = alice.invite('102', { body: sdp('a') })
  invite.transmit()
  const challenge = await alice.expectResponse(407)
  invite.acknowledge(challenge)
  assert.match(challenge.headerValues('Proxy-Authenticate')[0]!, /algorithm=SHA-256/)
  assert.equal(world.eventsOf('authentication.failed').length, 0)
  const [name, value] = alice.authorization(challenge, 'INVITE', invite.uri)
  invite.transmit([[name, value.replace(/response="../, 'response="00')]])
  await invite.refused(407)
  assert.equal(world.eventsOf('authentication.failed').length, 1)
  assert.deepEqual(told, [`challenged ${alice.username}`, `wrong-secret ${alice.username}`])
})

test('From of somebody else: 403 and an event', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  world.phone('102')
  const invite = await alice.call('102', { from: 'sip:102@example.com', body: sdp('a') })
  await invite.refused(403)
  assert.equal(world.eventsOf('call.refused')[0]?.data.rule, 'CALL_WRONG_IDENTITY')
  assert.equal(world.calls.liveCount, 0)
})

test('From by extension number is fine', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  await alice.call('102', { from: 'sip:101@example.com', body: sdp('a') })
  await bob.ringing()
})

test('unknown number 404, nobody registered 480, own extension alone 482: each with its cause', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  world.phone('103', { registered: false })
  await (await alice.call('999')).refused(404)
  await (await alice.call('103')).refused(480)
  await (await alice.call('101')).refused(482)
  assert.deepEqual(
    world.eventsOf('call.ended').map(event => event.data.cause),
    ['unknown-destination', 'unreachable', 'loop'],
  )
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
  assert.deepEqual(
    world.records.latest().map(record => record.end?.cause),
    ['unknown-destination', 'unreachable', 'loop'],
  )
})

test('a dead flow is unreachable: no connection is opened instead', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  world.closeFlow(bob.flow)
  await (await alice.call('102')).refused(480)
})

test('admission refuses: its code, its rule in the event, cause not-admitted', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  world.phone('102')
  world.admission.verdict = { verdict: 'refuse', sipCode: 403, rule: 'budget', reason: 'spent' }
  await (await alice.call('102')).refused(403)
  assert.equal(world.eventsOf('call.refused')[0]?.data.rule, 'budget')
  assert.equal(world.records.latest()[0]?.end?.cause, 'not-admitted')
  assert.equal(world.admission.asked[0]?.dialled, '102')
})

test('plain RTP: 488 with a Warning that a person understands, and an event; the callee never rings', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102', { body: sdp('a', 'sendrecv', 'RTP/AVP') })
  const refusal = await invite.refused(488)
  assert.equal(refusal.header('Warning'), `399 192.0.2.1 "switch on 'SRTP' in the phone"`)
  assert.equal(world.eventsOf('media.refused')[0]?.data.by, '101')
  await bob.expectSilence()
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'caller', cause: 'media-refused', sipCode: 488 })
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('a callee that answers with plain RTP gets ACK and BYE, the caller 488', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const again = await alice.call('102')
  const callee = await (await bob.ringing()).answer({ body: sdp('b', 'sendrecv', 'RTP/AVP') })
  await callee.obey('BYE')
  await again.refused(488)
  assert.equal(world.eventsOf('media.refused')[0]?.data.by, '102')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('no media port is left: 503', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  world.phone('102')
  world.media.capacity = 0
  await (await alice.call('102')).refused(503)
  assert.equal(world.records.latest()[0]?.end?.cause, 'overload')
})

test('a delayed offer: the callee offers in its 200, the caller answers in its ACK', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102', { body: undefined })
  const ringing = await bob.ringing()
  assert.equal(ringing.request.body.length, 0)
  ringing.respond(200, { body: sdp('bob') })
  const answer = await alice.expectResponse(200)
  assert.match(answer.body.toString(), /RTP\/SAVP/)
  await bob.expectSilence()
  alice.sendRequest(
    createUacDialog(invite.request, answer).ack(answer.cseq.number, {
      body: sdp('alice'),
      contentType: 'application/sdp',
    }),
  )
  const ack = await bob.expectRequest('ACK')
  assert.match(Buffer.from(ack.body).toString(), /bridge1b/)
  assert.match(world.media.opened[0]?.agreed?.answer ?? '', /alice/)
})

test('a delayed offer answered in plain: ACK and BYE to both', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102', { body: undefined })
  const ringing = await bob.ringing()
  ringing.respond(200, { body: sdp('bob') })
  const caller = await invite.answered(sdp('alice', 'sendrecv', 'RTP/AVP'))
  await bob.expect('ACK')
  bob.respond(await bob.expectRequest('BYE'), 200, '')
  await caller.obey('BYE')
  assert.equal(world.records.latest()[0]?.end?.cause, 'media-refused')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})
