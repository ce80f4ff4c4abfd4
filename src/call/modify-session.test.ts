/** Sessions change while a call is up: hold, refusal, glare, offers the other way round, UPDATE, keys. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUacDialog } from '../sip/dialog/dialog.ts'
import { buildRequest } from '../sip/message/build.ts'
import { withHeader } from '../sip/message/change.ts'
import { CallWorld, NOTHING_LEFT } from '../../test/support/call-world.ts'
import { PhoneCall, type ScriptedPhone, sdp } from '../../test/support/scripted-phone.ts'

interface Pair {
  readonly world: CallWorld
  readonly alice: ScriptedPhone
  readonly bob: ScriptedPhone
  readonly caller: PhoneCall
  readonly callee: PhoneCall
}

async function pair(world = new CallWorld()): Promise<Pair> {
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102')
  const callee = await (await bob.ringing()).answer()
  const caller = await invite.answered()
  await world.settle()
  return { world, alice, bob, caller, callee }
}

test('hold and resume pass as re-INVITEs, with an event each', async () => {
  const { world, alice, caller, callee, bob } = await pair()
  for (const [direction, answer, held] of [
    ['sendonly', 'recvonly', true],
    ['sendrecv', 'sendrecv', false],
  ] as const) {
    const request = caller.send('INVITE', { body: sdp(alice.username, direction, 'RTP/SAVP', 2) })
    const offer = await callee.reinvited(sdp(bob.username, answer, 'RTP/SAVP', 2))
    assert.match(offer.body.toString(), new RegExp(`a=${direction}`))
    const response = await alice.expectResponse(200)
    assert.match(response.body.toString(), new RegExp(`a=${answer}`))
    caller.acknowledge(request.cseq.number)
    await world.settle()
    assert.equal(world.calls.live()[0]?.state, held ? 'held' : 'answered')
  }
  assert.deepEqual(
    world.eventsOf('call.held').map(event => [event.data.by, event.data.held]),
    [
      ['101', true],
      ['101', false],
    ],
  )
})

test('the callee re-INVITEs too', async () => {
  const { alice, caller, callee } = await pair()
  const request = callee.send('INVITE', { body: sdp('bob', 'inactive') })
  const offer = await caller.reinvited(sdp(alice.username, 'inactive'))
  assert.match(offer.body.toString(), /bridge1a/)
  await callee.phone.expectResponse(200)
  callee.acknowledge(request.cseq.number)
})

test('a refused re-INVITE is refused with the same code, and the session stays as it was', async () => {
  const { world, alice, bob, caller, callee } = await pair()
  for (const status of [488, 491, 500, 603]) {
    const request = caller.send('INVITE', { body: sdp(`alice${status}`) })
    const passed = await bob.expectRequest('INVITE')
    bob.respond(passed, status, '')
    await bob.expectRequest('ACK')
    const refusal = await alice.expectResponse(status)
    caller.acknowledgeFailure(request, refusal)
    await world.settle()
  }
  assert.match(world.media.opened[0]?.agreed?.offer ?? '', /dev-101/)
  const again = callee.send('INVITE', { body: sdp('bob') })
  await caller.reinvited(sdp('alice'))
  await bob.expectResponse(200)
  callee.acknowledge(again.cseq.number)
})

test('the other phone knows the dialog no more: the call ends', async () => {
  const { world, alice, bob, caller } = await pair()
  const request = caller.send('INVITE', { body: sdp('alice2') })
  bob.respond(await bob.expectRequest('INVITE'), 481, '')
  await bob.expectRequest('ACK')
  const refusal = await alice.expectResponse(504)
  caller.acknowledgeFailure(request, refusal)
  await caller.obey('BYE')
  await bob.flush()
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'callee', cause: 'unreachable', sipCode: 481 })
})

test('plain RTP in a re-INVITE: 488 with a Warning; the other phone hears nothing of it', async () => {
  const { world, bob, caller } = await pair()
  const refusal = await caller.exchange('INVITE', 488, { body: sdp('alice', 'sendrecv', 'RTP/AVP') })
  assert.match(refusal.header('Warning')!, /^399 192\.0\.2\.1 "/)
  await bob.expectSilence()
  assert.equal(world.eventsOf('media.refused').length, 1)
  assert.equal(world.calls.liveCount, 1)
})

test('plain RTP in the answer to a re-INVITE: there is no way back, both get BYE', async () => {
  const { world, alice, bob, caller, callee } = await pair()
  const request = caller.send('INVITE', { body: sdp('alice2') })
  await callee.reinvited(sdp('bob', 'sendrecv', 'RTP/AVP'))
  const refusal = await alice.expectResponse(488)
  caller.acknowledgeFailure(request, refusal)
  await caller.obey('BYE')
  await callee.obey('BYE')
  await bob.expectSilence()
  assert.equal(world.records.latest()[0]?.end?.cause, 'media-refused')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('glare: the other party’s re-INVITE while ours is pending there gets 491 (§14.2)', async () => {
  const { alice, bob, caller, callee } = await pair()
  const request = caller.send('INVITE', { body: sdp('alice2') })
  const passed = await bob.expectRequest('INVITE')
  await callee.exchange('INVITE', 491, { body: sdp('bob2') })
  bob.respond(passed, 200, '', { body: sdp('bob') })
  await bob.expectRequest('ACK')
  await alice.expectResponse(200)
  caller.acknowledge(request.cseq.number)
})

test('a second offer of the same phone before the first is answered: 500 with Retry-After (§14.2)', async () => {
  const { alice, bob, caller } = await pair()
  caller.send('INVITE', { body: sdp('alice2') })
  await bob.expectRequest('INVITE')
  caller.send('UPDATE', { body: sdp('alice3') })
  const refusal = await alice.expectResponse(500)
  assert.match(refusal.header('Retry-After')!, /^\d+$/)
})

test('CANCEL of a re-INVITE goes on to the other phone; its 487 comes back, and the call stays up', async () => {
  const { world, alice, bob, caller } = await pair()
  const request = caller.send('INVITE', { body: sdp('alice2') })
  const passed = await bob.expectRequest('INVITE')
  bob.respond(passed, 180, '')
  await world.settle()
  const names = ['Via', 'From', 'To', 'Call-ID'] as const
  alice.send(
    buildRequest({
      method: 'CANCEL',
      uri: request.requestUriText,
      headers: [
        ...names.map(name => [name, request.header(name)!] as const),
        ['CSeq', `${request.cseq.number} CANCEL`],
      ],
    }),
  )
  await alice.expect(200)
  bob.respond(await bob.expectRequest('CANCEL'), 200, '')
  bob.respond(passed, 487, '')
  await bob.expectRequest('ACK')
  caller.acknowledgeFailure(request, await alice.expectResponse(487))
  assert.equal(world.calls.liveCount, 1)
})

test('a re-INVITE without offer asks the other phone for one; the ACK brings the answer', async () => {
  const { world, alice, bob, caller } = await pair()
  const request = caller.send('INVITE')
  const asked = await bob.expectRequest('INVITE')
  assert.equal(asked.body.length, 0)
  bob.respond(asked, 200, '', { body: sdp('bob-offers') })
  const offer = await alice.expectResponse(200)
  assert.match(offer.body.toString(), /bridge1a/)
  await bob.expectSilence()
  caller.acknowledge(request.cseq.number, sdp('alice-answers'))
  const ack = await bob.expectRequest('ACK')
  assert.match(Buffer.from(ack.body).toString(), /bridge1b/)
  const { agreed } = world.media.opened[0]!
  assert.match(agreed?.offer ?? '', /bob-offers/)
  assert.match(agreed?.answer ?? '', /alice-answers/)
  assert.equal(world.calls.liveCount, 1)
})

test('the same description again is a refresh: answered by us with what we said before (RFC 4028 §7.4)', async () => {
  const { alice, bob, caller } = await pair()
  const response = await caller.exchange('INVITE', 200, { body: sdp(alice.username) })
  assert.equal(response.body.toString(), caller.response!.body.toString())
  assert.match(response.header('Session-Expires')!, /1800/)
  await bob.expectSilence()
})

test('UPDATE with an offer passes as UPDATE (RFC 3311); without one it is a refresh', async () => {
  const { alice, bob, caller } = await pair()
  await caller.exchange('UPDATE', 200)
  await bob.expectSilence()
  caller.send('UPDATE', { body: sdp('alice2', 'sendonly') })
  bob.respond(await bob.expectRequest('UPDATE'), 200, '', { body: sdp('bob', 'recvonly') })
  const response = await alice.expectResponse(200)
  assert.match(response.body.toString(), /recvonly/)
})

test('UPDATE with an offer while the first one waits for its answer: 500 (RFC 3311 §5.2)', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  const ringing = await alice.expectResponse(180)
  const early = new PhoneCall(alice, createUacDialog(invite.request, ringing), ringing)
  await early.exchange('UPDATE', 500, { body: sdp('alice2') })
  await early.exchange('UPDATE', 200)
})

test('keys by INFO pass with their body; other contents do not; an empty one is a sign of life', async () => {
  const { alice, bob, caller } = await pair()
  caller.send('INFO', { body: 'Signal=5\r\nDuration=160\r\n', contentType: 'application/dtmf-relay' })
  const passed = await bob.expectRequest('INFO')
  assert.equal(Buffer.from(passed.body).toString(), 'Signal=5\r\nDuration=160\r\n')
  assert.equal(passed.contentType, 'application/dtmf-relay')
  bob.respond(passed, 200, '')
  await alice.expectResponse(200)
  const refusal = await caller.exchange('INFO', 415, { body: 'x', contentType: 'text/plain' })
  assert.match(refusal.header('Accept')!, /application\/dtmf-relay/)
  await caller.exchange('INFO', 469, { headers: [['Info-Package', 'foo']] })
  await caller.exchange('INFO', 200)
  await bob.expectSilence()
})

test('MESSAGE, SUBSCRIBE, NOTIFY, OPTIONS within a dialog: 405, 489, 481, 200', async () => {
  const { caller } = await pair()
  await caller.exchange('MESSAGE', 405)
  await caller.exchange('SUBSCRIBE', 489)
  await caller.exchange('NOTIFY', 481)
  await caller.exchange('OPTIONS', 200)
})

test('CSeq that goes backwards: 500 (§12.2.2)', async () => {
  const { alice, caller } = await pair()
  const request = caller.send('INFO')
  await alice.expectResponse(200)
  alice.sendRequest(withHeader(caller.dialog.request('INFO'), 'CSeq', `${request.cseq.number - 1} INFO`))
  await alice.expectResponse(500)
})

test('the 200 of a call is repeated until its ACK; without one both get BYE', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  await alice.call('102')
  const callee = await (await bob.ringing()).answer()
  await alice.expectResponse(200)
  await world.pass(500)
  await alice.expectResponse(200)
  await world.pass(32_000)
  await world.settle()
  await callee.obey('BYE')
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'caller', cause: 'protocol-error', sipCode: 504 })
  await alice.flush()
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('BYE of the callee before the caller’s ACK: the caller’s BYE waits for it (§15)', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  const invite = await alice.call('102')
  const callee = await (await bob.ringing()).answer()
  const response = await alice.expectResponse(200)
  await callee.hangUp()
  await alice.expectSilence()
  const caller = new PhoneCall(alice, createUacDialog(invite.request, response), response)
  caller.acknowledge(response.cseq.number)
  await caller.obey('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})
