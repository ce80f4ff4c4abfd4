/** Replaces (RFC 3891), over sockets against the running server: taking over a call that is up, and picking up one that rings. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { Dialog } from '../../src/sip/dialog/dialog.ts'
import type { HeaderPair } from '../../src/sip/message/build.ts'
import { cancelled, earlyDialog, established, hangUp, startRinging } from '../support/early-calls.ts'
import { type IncomingInvite, type ScriptedPhone, sdp, sdpAnswer } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone
let carol: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc3891' })
  alice = await world.phone('101')
  bob = await world.phone('102')
  carol = await world.phone('103')
})
after(() => world?.stop())

/** The dialog of a phone as the server is asked to replace it: its own tag is the server's remote tag. */
function replaces({ callId, localTag, remoteTag }: Dialog, more = ''): HeaderPair {
  return ['Replaces', `${callId};to-tag=${remoteTag};from-tag=${localTag}${more}`]
}

function ringingDialog({ dialog }: IncomingInvite): Dialog {
  return dialog
}

conformance('RFC 3891 §3', 'INVITE that replaces a confirmed dialog', '200; the replaced dialog gets BYE', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  const invite = await carol.call('101', { headers: [replaces(callee.dialog)] })
  const offer = await alice.expectRequest('INVITE')
  alice.respond(offer, 200, '', { body: sdpAnswer(alice.username, offer.body, 'sendrecv', 2) })
  await alice.expectRequest('ACK')
  const taken = await invite.answered()
  await callee.obey('BYE')
  await taken.hangUp()
  await caller.obey('BYE')
  return '200 to the new phone, a re-INVITE to the one that stays, BYE to the replaced one'
})

conformance('RFC 3891 §3', 'early-only, and the dialog is confirmed', '486', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  const invite = await carol.call('101', { headers: [replaces(callee.dialog, ';early-only')] })
  await invite.refused(486)
  await hangUp(caller, callee)
})

for (const [what, more] of [
  ['INVITE that replaces an early dialog that we began', ''],
  ['the same with early-only', ';early-only'],
] as const) {
  conformance('RFC 3891 §3', what, '200; the early dialog is shut down', async () => {
    const { invite, ring } = await startRinging(alice, bob, '102')
    ring.respond(180)
    await alice.expectResponse(180)
    const pickup = await carol.call('102', { headers: [replaces(ringingDialog(ring), more)] })
    const taken = await pickup.answered()
    const caller = await invite.answered()
    const cancel = await ring.cancelled()
    assert.match(cancel.header('Reason')!, /cause=200/)
    const [toCarol, toAlice] = [taken.response!.body.toString(), caller.response!.body.toString()]
    for (const answer of [toCarol, toAlice]) {
      assert.match(answer, /^a=crypto:1 AES_CM_128_HMAC_SHA1_80 /m)
      assert.match(answer, /^m=audio [1-9]\d* RTP\/SAVP 0 8\r$/m)
    }
    await caller.hangUp()
    await taken.obey('BYE')
    return 'picked up: 200 to the new phone and to the caller, CANCEL to the one that rang'
  })
}

conformance(
  'RFC 3891 §3',
  'pick-up of a call that rings at several phones',
  'all their early dialogs are shut down',
  async () => {
    const second = await world.phone('102')
    const { invite, ring } = await startRinging(alice, bob, '102')
    const other = await second.ringing()
    ring.respond(180)
    other.respond(180)
    await alice.expectResponse(180)
    const pickup = await carol.call('102', { headers: [replaces(ringingDialog(other))] })
    const taken = await pickup.answered()
    const caller = await invite.answered()
    await ring.cancelled()
    await other.cancelled()
    await taken.hangUp()
    await caller.obey('BYE')
    await second.register(`<${second.contactUri}>;expires=0`)
  },
)

conformance('RFC 3891 §3', 'pick-up of a call without offer', 'the new phone makes the offer', async () => {
  const invite = await alice.call('102', { body: undefined })
  const ring = await bob.ringing()
  ring.respond(180)
  await alice.expectResponse(180)
  const pickup = await carol.call('102', { headers: [replaces(ringingDialog(ring))] })
  const offered = await alice.expectResponse(200)
  const caller = earlyDialog({ invite, ring }, offered)
  caller.acknowledge(offered.cseq.number, sdpAnswer(alice.username, offered.body))
  const taken = await pickup.answered()
  await ring.cancelled()
  await caller.hangUp()
  await taken.obey('BYE')
  return 'its offer goes to the caller in the 200, the answer of the ACK comes back to it'
})

conformance(
  'RFC 3891 §3',
  'pick-up by a phone with no codec in common',
  'an offer that cannot be answered: 488',
  async () => {
    const { invite, ring } = await startRinging(alice, bob, '102')
    ring.respond(180)
    await alice.expectResponse(180)
    const foreign = sdp(carol.username)
      .replace('RTP/SAVP 0 8 101', 'RTP/SAVP 18')
      .replace('a=rtpmap:0 PCMU/8000', 'a=rtpmap:18 G729/8000')
    const pickup = await carol.call('102', { headers: [replaces(ringingDialog(ring))], body: foreign })
    await pickup.refused(488)
    await bob.expectSilence()
    await cancelled({ invite, ring })
    return '488, and the call rings on'
  },
)

conformance('RFC 3891 §3', 'an early dialog that we did not begin', '481', async () => {
  const call = await startRinging(alice, bob, '102')
  call.ring.respond(180)
  const early = earlyDialog(call, await alice.expectResponse(180))
  const pickup = await carol.call('102', { headers: [replaces(early.dialog)] })
  await pickup.refused(481)
  await cancelled(call)
})

for (const [what, header] of [
  ['another Call-ID', 'no-such-call;to-tag=TO;from-tag=FROM'],
  ['another to-tag', 'CALL;to-tag=none;from-tag=FROM'],
  ['another from-tag', 'CALL;to-tag=TO;from-tag=none'],
  ['to-tag and from-tag interchanged', 'CALL;to-tag=FROM;from-tag=TO'],
] as const) {
  conformance('RFC 3891 §3', `Replaces with ${what}`, 'no match: 481', async () => {
    const { caller, callee } = await established(alice, bob, '102')
    const { callId, localTag, remoteTag } = callee.dialog
    const value = header.replace('CALL', callId).replace('=TO', `=${remoteTag}`).replace('=FROM', `=${localTag}`)
    await (await carol.call('101', { headers: [['Replaces', value]] })).refused(481)
    await hangUp(caller, callee)
  })
}

conformance('RFC 3891 §3', 'an early dialog with another from-tag', 'no match: 481', async () => {
  const call = await startRinging(alice, bob, '102')
  call.ring.respond(180)
  await alice.expectResponse(180)
  const { callId, remoteTag } = call.ring.dialog
  const header: HeaderPair = ['Replaces', `${callId};to-tag=${remoteTag};from-tag=none`]
  await (await carol.call('102', { headers: [header] })).refused(481)
  await cancelled(call)
})

conformance('RFC 3891 §3', 'a dialog that has ended', '603 where the UA still knows of it', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  await hangUp(caller, callee)
  await (await carol.call('101', { headers: [replaces(callee.dialog)] })).refused(481)
  return '481: nothing is kept of a dialog that has ended'
})

for (const [what, headers] of [
  ['a Replaces without from-tag', [['Replaces', 'x;to-tag=1']]],
  ['Replaces and Join', [replacesNobody('a'), ['Join', 'x;to-tag=1;from-tag=2']]],
] as const) {
  conformance('RFC 3891 §3', `INVITE with ${what}`, '400', async () => {
    await (await carol.call('101', { headers })).refused(400)
  })
}

conformance('RFC 3891 §3', 'INVITE with two Replaces', '400', async () => {
  const headers = [replacesNobody('a'), replacesNobody('b')]
  const invite = carol.invite('101', { headers, body: sdp(carol.username) })
  invite.transmit()
  await invite.refused(400)
})

function replacesNobody(callId: string): HeaderPair {
  return ['Replaces', `${callId};to-tag=1;from-tag=2`]
}

conformance('RFC 3891 §3', 'Replaces in a request other than INVITE', '400', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  for (const method of ['OPTIONS', 'UPDATE', 'INFO'])
    await caller.exchange(method, 400, { headers: [replacesNobody('a')] })
  await hangUp(caller, callee)
  return '400 to OPTIONS, UPDATE and INFO'
})

conformance(
  'RFC 3891 §8',
  'INVITE with Replaces of a phone that has not proved who it is',
  'is authenticated as any INVITE',
  async () => {
    const { caller, callee } = await established(alice, bob, '102')
    const invite = carol.invite('101', { headers: [replaces(callee.dialog)], body: sdp(carol.username) })
    invite.transmit()
    await invite.refused(407)
    await alice.expectSilence()
    await hangUp(caller, callee)
    return '407'
  },
)

conformance('RFC 3891 §6.2', 'Require: replaces', 'the option is supported, and said so', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  assert.ok(caller.response!.headerValues('Supported').includes('replaces'))
  const headers: HeaderPair[] = [replaces(callee.dialog, ';early-only'), ['Require', 'replaces']]
  await (await carol.call('101', { headers })).refused(486)
  await hangUp(caller, callee)
  return 'Supported has it; Require: replaces is no 420'
})
