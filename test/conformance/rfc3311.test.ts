/** UPDATE (RFC 3311), before and after the answer, over sockets against the running server. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { SipRequest } from '../../src/sip/message/types.ts'
import {
  agreedEarly,
  ALLOW,
  answerEarly,
  cancelled,
  earlyDialog,
  established,
  hangUp,
  rack,
  startRinging,
} from '../support/early-calls.ts'
import { PhoneCall, type ScriptedPhone, sdp, sdpAnswer } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc3311' })
  alice = await world.phone('101')
  bob = await world.phone('102')
})
after(() => world?.stop())

function newOffer(phone: ScriptedPhone, direction = 'sendrecv', version = 2): string {
  return sdp(phone.username, direction, 'RTP/SAVP', version)
}

/** The phone at this end answers the UPDATE that comes, with a description of its own. */
async function answerUpdate(call: PhoneCall, direction = 'sendrecv'): Promise<SipRequest> {
  const update = await call.phone.expectRequest('UPDATE')
  call.phone.respond(update, 200, '', { body: sdpAnswer(call.phone.username, update.body, direction, 2) })
  return update
}

function retryAfter(response: { header(name: string): string | undefined }): number {
  return Number(response.header('Retry-After'))
}

conformance(
  'RFC 3311 §5.1',
  'UPDATE without offer in an early dialog',
  'a target refresh: 2xx with a Contact',
  async () => {
    const call = await startRinging(alice, bob, '102')
    call.ring.respond(180)
    const early = earlyDialog(call, await alice.expectResponse(180))
    const response = await early.exchange('UPDATE', 200)
    assert.ok(response.header('Contact') !== undefined)
    await cancelled(call)
  },
)

conformance(
  'RFC 3311 §5.2',
  'offer of the caller before its first offer is answered',
  '500 with Retry-After 0 to 10',
  async () => {
    const call = await startRinging(alice, bob, '102')
    call.ring.respond(180)
    const early = earlyDialog(call, await alice.expectResponse(180))
    const response = await early.exchange('UPDATE', 500, { body: newOffer(alice) })
    assert.ok(retryAfter(response) >= 0 && retryAfter(response) <= 10)
    await bob.expectSilence()
    await cancelled(call)
  },
)

conformance(
  'RFC 3311 §5.2',
  'offer of the caller after an answer that was not reliable',
  'no answer yet: 500 with Retry-After',
  async () => {
    const call = await startRinging(alice, bob, '102')
    call.ring.respond(183, { body: call.ring.sdpAnswer() })
    const early = earlyDialog(call, await alice.expectResponse(183))
    const response = await early.exchange('UPDATE', 500, { body: newOffer(alice) })
    assert.ok(retryAfter(response) <= 10)
    await cancelled(call)
  },
)

conformance('RFC 3311 §5.2', 'offer of the callee before it has answered ours', '491', async () => {
  const call = await startRinging(alice, bob, '102')
  call.ring.respond(180)
  await alice.expectResponse(180)
  bob.sendRequest(call.ring.dialog.request('UPDATE', { body: newOffer(bob), contentType: 'application/sdp' }))
  await bob.expectResponse(491)
  await cancelled(call)
})

conformance('RFC 3311 §5.1', 'offer of the caller after a reliable answer', 'the UAS answers in the 2xx', async () => {
  const call = await agreedEarly(alice, bob, '102')
  call.caller.send('UPDATE', { body: newOffer(alice, 'sendonly') })
  const passed = await answerUpdate(call.callee, 'recvonly')
  assert.match(passed.body.toString(), /a=sendonly/)
  const response = await alice.expectResponse(200)
  assert.match(response.body.toString(), /a=recvonly/)
  await answerEarly(call)
  await hangUp(call.caller, call.callee)
  return 'passed to the callee in an UPDATE of ours, and its answer back; the call is then answered as ever'
})

conformance(
  'RFC 3311 §5.1',
  'offer of the callee after its reliable answer',
  'the UAS answers in the 2xx',
  async () => {
    const call = await agreedEarly(alice, bob, '102')
    call.callee.send('UPDATE', { body: newOffer(bob, 'sendonly') })
    const passed = await answerUpdate(call.caller, 'recvonly')
    assert.match(passed.body.toString(), /a=sendonly/)
    assert.match((await bob.expectResponse(200)).body.toString(), /a=recvonly/)
    await answerEarly(call)
    await hangUp(call.caller, call.callee)
    return 'passed to the caller in an UPDATE of ours, and its answer back'
  },
)

conformance('RFC 3311 §5.2', 'an early offer that the callee refuses', '488; the session stays as it was', async () => {
  const call = await agreedEarly(alice, bob, '102')
  call.caller.send('UPDATE', { body: newOffer(alice) })
  bob.respond(await bob.expectRequest('UPDATE'), 488, '')
  await alice.expectResponse(488)
  await answerEarly(call)
  await hangUp(call.caller, call.callee)
})

conformance(
  'RFC 3311 §5.2',
  'early offer to a callee that does not allow UPDATE',
  '504: it cannot be asked',
  async () => {
    const call = await agreedEarly(alice, bob, '102', { headers: [['Allow', 'INVITE, ACK, CANCEL, BYE, PRACK']] })
    await call.caller.exchange('UPDATE', 504, { body: newOffer(alice) })
    await bob.expectSilence()
    await cancelled(call)
  },
)

conformance('RFC 3311 §5.2', 'both ends make an early offer', '491 to the one that comes second', async () => {
  const call = await agreedEarly(alice, bob, '102')
  call.caller.send('UPDATE', { body: newOffer(alice) })
  const passed = await bob.expectRequest('UPDATE')
  await call.callee.exchange('UPDATE', 491, { body: newOffer(bob) })
  bob.respond(passed, 200, '', { body: sdpAnswer(bob.username, passed.body, 'sendrecv', 2) })
  await alice.expectResponse(200)
  await cancelled(call)
})

conformance('RFC 3262 §5', 'PRACK with an offer', 'its 2xx has the answer', async () => {
  const call = await agreedEarly(alice, bob, '102', { acknowledges: false })
  call.caller.send('PRACK', { headers: [rack(call.progress)], body: newOffer(alice, 'sendonly') })
  await answerUpdate(call.callee, 'recvonly')
  const response = await alice.expectResponse(200)
  assert.equal(response.cseq.method, 'PRACK')
  assert.match(response.body.toString(), /a=recvonly/)
  await answerEarly(call)
  await hangUp(call.caller, call.callee)
  return 'passed to the callee in an UPDATE of ours; the answer comes in the 200 to the PRACK'
})

conformance(
  'RFC 3262 §5',
  'PRACK with an offer, a callee that does not allow UPDATE',
  'the PRACK acknowledges all the same',
  async () => {
    const headers = [['Allow', 'INVITE, ACK, CANCEL, BYE, PRACK']] as const
    const call = await agreedEarly(alice, bob, '102', { headers, acknowledges: false })
    await call.caller.exchange('PRACK', 488, { headers: [rack(call.progress)], body: newOffer(alice) })
    await alice.expectSilence()
    await answerEarly(call)
    await hangUp(call.caller, call.callee)
    return '488 to the offer; the response counts as acknowledged, and the call goes on as agreed before'
  },
)

conformance(
  'RFC 3261 §14.2',
  'a second INVITE of the caller before the first is answered',
  '500 with Retry-After 0 to 10',
  async () => {
    const call = await startRinging(alice, bob, '102')
    call.ring.respond(180)
    const early = earlyDialog(call, await alice.expectResponse(180))
    const response = await early.exchange('INVITE', 500, { body: newOffer(alice) })
    assert.ok(retryAfter(response) <= 10)
    await cancelled(call)
  },
)

conformance('RFC 3261 §14.2', 'an INVITE of the callee while ours is not answered', '491', async () => {
  const call = await startRinging(alice, bob, '102')
  call.ring.respond(180)
  await alice.expectResponse(180)
  await new PhoneCall(bob, call.ring.dialog, undefined).exchange('INVITE', 491, { body: newOffer(bob) })
  await cancelled(call)
})

conformance('RFC 3311 §5.1', 'offer after the answer, both ways', 'the answer comes in the 2xx', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  caller.send('UPDATE', { body: newOffer(alice, 'sendonly') })
  await answerUpdate(callee, 'recvonly')
  assert.match((await alice.expectResponse(200)).body.toString(), /a=recvonly/)
  callee.send('UPDATE', { body: newOffer(bob, 'sendrecv', 3), headers: [ALLOW] })
  await answerUpdate(caller)
  assert.match((await bob.expectResponse(200)).body.toString(), /a=sendrecv/)
  await hangUp(caller, callee)
})

conformance(
  'RFC 3311 §5.2',
  'a second offer while the first is not answered',
  '500 with Retry-After 0 to 10',
  async () => {
    const { caller, callee } = await established(alice, bob, '102')
    caller.send('UPDATE', { body: newOffer(alice) })
    const passed = await bob.expectRequest('UPDATE')
    const response = await caller.exchange('UPDATE', 500, { body: newOffer(alice, 'sendonly', 3) })
    assert.ok(retryAfter(response) <= 10)
    bob.respond(passed, 200, '', { body: sdpAnswer(bob.username, passed.body, 'sendrecv', 2) })
    await alice.expectResponse(200)
    await hangUp(caller, callee)
  },
)

conformance('RFC 3311 §5.2', 'offers that cross', '491 to the one while ours to it waits', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  caller.send('UPDATE', { body: newOffer(alice) })
  const passed = await bob.expectRequest('UPDATE')
  await callee.exchange('UPDATE', 491, { body: newOffer(bob) })
  bob.respond(passed, 200, '', { body: sdpAnswer(bob.username, passed.body, 'sendrecv', 2) })
  await alice.expectResponse(200)
  await hangUp(caller, callee)
})

conformance('RFC 3311 §5.2', 'an offer that is refused', '488; session and dialog stay', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  caller.send('UPDATE', { body: newOffer(alice, 'sendonly') })
  bob.respond(await bob.expectRequest('UPDATE'), 488, '')
  await alice.expectResponse(488)
  await caller.exchange('UPDATE', 488, { body: sdp(alice.username, 'sendrecv', 'RTP/AVP', 3) })
  await bob.expectSilence()
  await hangUp(caller, callee)
})

conformance('RFC 3311 §5.2', 'UPDATE without offer after the answer', '2xx; nothing else happens', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  const response = await caller.exchange('UPDATE', 200)
  assert.equal(response.body.length, 0)
  await bob.expectSilence()
  await hangUp(caller, callee)
})

conformance('RFC 3311 §5.2', 'UPDATE with another Contact', 'the remote target is that Contact', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  const moved = alice.contactUri.replace('sip:', 'sip:moved-')
  await caller.exchange('UPDATE', 200, { headers: [['Contact', `<${moved}>`]] })
  await callee.hangUp()
  const bye = await caller.obey('BYE')
  assert.equal(bye.requestUriText, moved)
})

conformance('RFC 3311 §5.1', 'offer to a phone that does not allow UPDATE', 'UPDATE is not sent to it', async () => {
  const { invite, ring } = await startRinging(alice, bob, '102')
  ring.respond(200, { body: ring.sdpAnswer(), headers: [['Allow', 'INVITE, ACK, CANCEL, BYE']] })
  await bob.expectRequest('ACK')
  const caller = await invite.answered()
  caller.send('UPDATE', { body: newOffer(alice) })
  const reinvite = await bob.expectRequest('INVITE')
  bob.respond(reinvite, 200, '', { body: sdpAnswer(bob.username, reinvite.body, 'sendrecv', 2) })
  await bob.expectRequest('ACK')
  await alice.expectResponse(200)
  await caller.hangUp()
  await bob.expectRequest('BYE')
  return 'the offer goes to it in a re-INVITE'
})

conformance('RFC 3311 §5.2', 'UPDATE in no dialog of ours', '481', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  await hangUp(caller, callee)
  await caller.exchange('UPDATE', 481, { body: newOffer(alice) })
})
