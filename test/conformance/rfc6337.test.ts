/** Offer/answer in SIP: the six patterns of RFC 6337 table 1, refusals (table 2) and glare, against the running server. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { heard } from '../support/descriptions.ts'
import { agreedEarly, answerEarly, earlyDialog, established, hangUp, rack, REQUIRED } from '../support/early-calls.ts'
import { type PhoneCall, type ScriptedPhone, sdp, sdpAnswer } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc6337' })
  alice = await world.phone('101')
  bob = await world.phone('102')
})
after(() => world?.stop())

function offerOf(phone: ScriptedPhone, direction = 'sendrecv', version = 2): string {
  return sdp(phone.username, direction, 'RTP/SAVP', version)
}

/** Answers a re-INVITE or UPDATE that comes. */
async function answerOffer(call: PhoneCall, method: string, direction = 'sendrecv'): Promise<void> {
  const request = await call.phone.expectRequest(method)
  call.phone.respond(request, 200, '', { body: sdpAnswer(call.phone.username, request.body, direction, 2) })
  if (method === 'INVITE') await call.phone.expectRequest('ACK')
}

conformance('RFC 6337 table 1', 'pattern 1: offer in INVITE, answer in 2xx', 'answered', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  assert.equal(heard(caller.response!.body).streams.length, 1)
  await hangUp(caller, callee)
})

conformance('RFC 6337 table 1', 'pattern 2: offer in 2xx, answer in ACK', 'answered', async () => {
  const invite = await alice.call('102', { body: undefined })
  const ring = await bob.ringing()
  assert.equal(ring.request.body.length, 0)
  ring.respond(200, { body: sdp(bob.username), headers: [['Allow', 'INVITE, ACK, CANCEL, BYE, UPDATE']] })
  const response = await alice.expectResponse(200)
  assert.equal(heard(response.body).streams[0]!.direction, 'sendrecv')
  const caller = earlyDialog({ invite, ring }, response)
  caller.acknowledge(response.cseq.number, sdpAnswer(alice.username, response.body))
  const ack = await bob.expectRequest('ACK')
  assert.match(heard(ack.body).streams[0]!.crypto[0]!, /^1 AES_CM_128_HMAC_SHA1_80 /)
  await caller.hangUp()
  bob.respond(await bob.expectRequest('BYE'), 200, '')
  return "the callee makes the offer; the caller's answer comes in our ACK to it"
})

conformance(
  'RFC 6337 table 1',
  'pattern 3: offer in INVITE, answer in a reliable 1xx',
  'answered; nothing new in the 2xx',
  async () => {
    const call = await agreedEarly(alice, bob, '102')
    const early = heard(call.progress.body)
    const final = await answerEarly(call)
    const late = heard(final.body)
    assert.deepEqual([late.sessionId, late.version], [early.sessionId, early.version])
    await hangUp(call.caller, call.callee)
    return 'the 2xx repeats the same description, version and all'
  },
)

conformance(
  'RFC 6337 table 1',
  'pattern 4: offer in a reliable 1xx, answer in PRACK',
  'needs a reliable response without an offer before it',
  async () => {
    const invite = await alice.call('102', { body: undefined, headers: [REQUIRED] })
    const ring = await bob.ringing()
    assert.equal(ring.request.headerValues('Supported').includes('100rel'), false)
    ring.respond(180)
    await alice.expectSilence()
    invite.cancel()
    await alice.expectResponse(200)
    await ring.cancelled()
    await invite.refused(487)
    return 'not used: 100rel is not offered to the callee then, and the caller gets no reliable response without an offer'
  },
)

conformance('RFC 6337 table 1', 'pattern 5: offer in PRACK, answer in its 2xx', 'answered', async () => {
  const call = await agreedEarly(alice, bob, '102', { acknowledges: false })
  call.caller.send('PRACK', { headers: [rack(call.progress)], body: offerOf(alice) })
  await answerOffer(call.callee, 'UPDATE')
  assert.equal(heard((await alice.expectResponse(200)).body).streams.length, 1)
  await answerEarly(call)
  await hangUp(call.caller, call.callee)
})

conformance('RFC 6337 table 1', 'pattern 6: offer in UPDATE, answer in its 2xx', 'answered', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  caller.send('UPDATE', { body: offerOf(alice) })
  await answerOffer(callee, 'UPDATE')
  assert.equal(heard((await alice.expectResponse(200)).body).streams.length, 1)
  await hangUp(caller, callee)
})

conformance(
  'RFC 3261 §14.2',
  'a re-INVITE without offer',
  'the 2xx offers all that the session could be, the ACK answers',
  async () => {
    const { caller, callee } = await established(alice, bob, '102')
    const request = caller.send('INVITE')
    const passed = await bob.expectRequest('INVITE')
    assert.equal(passed.body.length, 0)
    bob.respond(passed, 200, '', { body: offerOf(bob) })
    const response = await alice.expectResponse(200)
    caller.acknowledge(request.cseq.number, sdpAnswer(alice.username, response.body, 'sendrecv', 2))
    const ack = await bob.expectRequest('ACK')
    assert.equal(heard(ack.body).streams.length, 1)
    await hangUp(caller, callee)
    return 'the other phone is asked for its offer; the answer goes to it in our ACK'
  },
)

conformance('RFC 6337 table 2', 'a re-INVITE that the other phone refuses', '488; the session stays', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  const request = caller.send('INVITE', { body: offerOf(alice, 'sendonly') })
  const passed = await bob.expectRequest('INVITE')
  bob.respond(passed, 488, '')
  await bob.expectRequest('ACK')
  const response = await alice.expectResponse(488)
  caller.acknowledgeFailure(request, response)
  await hangUp(caller, callee)
})

conformance('RFC 6337 table 2', 'an initial INVITE with an offer that nobody can accept', '488', async () => {
  const invite = await alice.call('102', { body: sdp(alice.username, 'sendrecv', 'RTP/AVP') })
  const response = await invite.refused(488)
  assert.match(response.header('Warning')!, /^399 /)
})

conformance(
  'RFC 6337 §4.2',
  'an offer in a re-INVITE while one in a re-INVITE waits for its answer',
  '491 to the one that crosses',
  async () => {
    const { caller, callee } = await established(alice, bob, '102')
    const request = caller.send('INVITE', { body: offerOf(alice) })
    const passed = await bob.expectRequest('INVITE')
    await callee.exchange('INVITE', 491, { body: offerOf(bob) })
    bob.respond(passed, 200, '', { body: sdpAnswer(bob.username, passed.body, 'sendrecv', 2) })
    await bob.expectRequest('ACK')
    await alice.expectResponse(200)
    caller.acknowledge(request.cseq.number)
    await hangUp(caller, callee)
  },
)

conformance(
  'RFC 6337 §4.3',
  'an offer in UPDATE while a re-INVITE waits for its answer',
  '491 to the one that crosses, 500 to the same phone',
  async () => {
    const { caller, callee } = await established(alice, bob, '102')
    const request = caller.send('INVITE', { body: offerOf(alice) })
    const passed = await bob.expectRequest('INVITE')
    await callee.exchange('UPDATE', 491, { body: offerOf(bob) })
    await caller.exchange('UPDATE', 500, { body: offerOf(alice, 'sendonly', 3) })
    bob.respond(passed, 200, '', { body: sdpAnswer(bob.username, passed.body, 'sendrecv', 2) })
    await bob.expectRequest('ACK')
    await alice.expectResponse(200)
    caller.acknowledge(request.cseq.number)
    await hangUp(caller, callee)
  },
)

conformance(
  'RFC 6337 §5.3',
  'hold, and a re-INVITE without offer of the party on hold',
  'the offer is made as if nobody had held',
  async () => {
    const { caller, callee } = await established(alice, bob, '102')
    const held = caller.send('INVITE', { body: offerOf(alice, 'sendonly') })
    await answerOffer(callee, 'INVITE', 'recvonly')
    await alice.expectResponse(200)
    caller.acknowledge(held.cseq.number)
    const empty = callee.send('INVITE')
    const passed = await alice.expectRequest('INVITE')
    alice.respond(passed, 200, '', { body: offerOf(alice, 'sendonly', 3) })
    const response = await bob.expectResponse(200)
    assert.equal(heard(response.body).streams[0]!.direction, 'sendonly')
    callee.acknowledge(empty.cseq.number, sdpAnswer(bob.username, response.body, 'recvonly', 3))
    await alice.expectRequest('ACK')
    await hangUp(caller, callee)
    return 'the offer is the one that the holding phone makes: sendonly, for it holds still'
  },
)
