/**
 * The call flows of RFC 3665 §3, message by message, against the call room over the real transaction layer. We are where its
 * proxies stand, as a back-to-back user agent: what a phone sees is the same.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CallWorld, NOTHING_LEFT } from '../support/call-world.ts'
import { type PhoneCall, type ScriptedPhone, sdp } from '../support/scripted-phone.ts'

interface Cast {
  readonly world: CallWorld
  readonly alice: ScriptedPhone
  readonly bob: ScriptedPhone
}

function cast(): Cast {
  const world = new CallWorld()
  return { world, alice: world.phone('101'), bob: world.phone('102') }
}

async function talk({ world, alice, bob }: Cast): Promise<{ caller: PhoneCall; callee: PhoneCall }> {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expect(180)
  const callee = await bell.answer()
  const caller = await invite.answered()
  await world.settle()
  return { caller, callee }
}

describe('RFC 3665 §3', () => {
  test('3.1 Successful Session Establishment: INVITE, 180, 200, ACK, BYE, 200', async () => {
    const all = cast()
    const { caller, callee } = await talk(all)
    await callee.hangUp()
    await caller.obey('BYE')
    assert.deepEqual(await all.world.leftovers(), NOTHING_LEFT)
  })

  test('3.2 Session Establishment Through Two Proxies: 100 where an answer takes long, no Via of the other side', async () => {
    const { world, alice, bob } = cast()
    const invite = await alice.call('102')
    const bell = await bob.ringing()
    await world.pass(200)
    await alice.expect(100)
    assert.equal(bell.request.vias.length, 1)
    assert.equal(bell.request.maxForwards, 69)
    bell.respond(180)
    const ringing = await alice.expectResponse(180)
    assert.equal(ringing.vias.length, 1)
    await bell.answer()
    await invite.answered()
  })

  test('3.3 Session with Proxy Authentication: 407, ACK, INVITE with the same Call-ID and From tag and the next CSeq', async () => {
    const { alice, bob } = cast()
    const invite = alice.invite('102', { body: sdp('alice') })
    const first = invite.transmit()
    const challenge = await alice.expectResponse(407)
    invite.acknowledge(challenge)
    assert.ok(challenge.toTag !== undefined)
    const second = invite.transmit([alice.authorization(challenge, 'INVITE', invite.uri)])
    assert.deepEqual([second.callId, second.fromTag], [first.callId, first.fromTag])
    assert.equal(second.cseq.number, first.cseq.number + 1)
    const bell = await bob.ringing()
    assert.equal(bell.request.header('Proxy-Authorization'), undefined)
    await bell.answer()
    await invite.answered()
  })

  // 3.4 (a proxy fails, the phone tries the next) happens in the phone: what it sees of us is a closed connection.
  test('3.4 Successful Session with Proxy Failure: the phone’s second attempt, over another connection, is a call like any other', async () => {
    const { world, alice, bob } = cast()
    alice.reconnect()
    const invite = await alice.call('102')
    await (await bob.ringing()).answer()
    await invite.answered()
    assert.equal(world.calls.liveCount, 1)
  })

  test('3.5 Session Through a SIP ALG: addresses in SDP and Contact are ours on both sides', async () => {
    const { alice, bob } = cast()
    const invite = await alice.call('102')
    const bell = await bob.ringing()
    assert.match(bell.request.body.toString(), /c=IN IP4 203\.0\.113\.9/)
    assert.equal(bell.request.header('Contact'), '<sip:192.0.2.1:5061;transport=tls>')
    await bell.answer()
    const caller = await invite.answered()
    assert.match(caller.response!.body.toString(), /c=IN IP4 203\.0\.113\.9/)
    assert.equal(caller.response!.header('Contact'), '<sip:192.0.2.1:5061;transport=tls>')
  })

  test('3.6 Session with SDP in ACK: the offer in the 200, the answer in the ACK; a redirection by the callee is not followed', async () => {
    const { world, alice, bob } = cast()
    const redirected = await alice.call('102')
    await (await bob.ringing()).refuse(302, { headers: [['Contact', '<sip:elsewhere@example.net>']] })
    const refusal = await redirected.refused(480)
    assert.equal(refusal.contacts.length, 0)
    const invite = await alice.call('102', { body: undefined })
    const bell = await bob.ringing()
    bell.respond(180)
    await alice.expect(180)
    bell.respond(200, { body: sdp('bob') })
    await invite.answered(sdp('alice'))
    const ack = await bob.expectRequest('ACK')
    assert.match(ack.body.toString(), /m=audio/)
    assert.equal(world.calls.liveCount, 1)
  })

  test('3.7 Session with re-INVITE (IP Address Change): the new Contact is where the next request goes', async () => {
    const all = cast()
    const { alice, bob } = all
    const { caller, callee } = await talk(all)
    const moved = callee.send('INVITE', {
      body: sdp('bob-moved', 'sendrecv', 'RTP/SAVP', 2),
      headers: [['Contact', `<sip:moved@${bob.address};transport=tls>`]],
    })
    await caller.reinvited(sdp(alice.username))
    await bob.expectResponse(200)
    callee.acknowledge(moved.cseq.number)
    await caller.hangUp()
    const bye = await callee.obey('BYE')
    assert.match(bye.requestUriText, new RegExp(`^sip:[^@]+@${bob.address}`))
  })

  test('3.8 Unsuccessful No Answer: CANCEL, 200, 487, ACK on both sides', async () => {
    const { world, alice, bob } = cast()
    const invite = await alice.call('102')
    const bell = await bob.ringing()
    bell.respond(180)
    await alice.expect(180)
    invite.cancel()
    const accepted = await alice.expectResponse(200)
    assert.equal(accepted.cseq.method, 'CANCEL')
    await invite.refused(487)
    await bell.cancelled()
    assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
  })

  test('3.9 Unsuccessful Busy: 486 and ACK on both sides', async () => {
    const { world, alice, bob } = cast()
    const invite = await alice.call('102')
    await (await bob.ringing()).refuse(486)
    await invite.refused(486)
    assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
  })

  test('3.10 Unsuccessful No Response from User Agent: the INVITE is repeated over UDP, then given up', async () => {
    const world = new CallWorld()
    const alice = world.phone('101')
    const bob = world.phone('102', { protocol: 'UDP' })
    const invite = await alice.call('102')
    await bob.ringing()
    await world.pass(500)
    await bob.ringing()
    await world.pass(1_000)
    await bob.ringing()
    await world.pass(32_000)
    await invite.refused(480)
    assert.equal(world.records.latest()[0]?.end?.cause, 'unreachable')
  })

  test('3.11 Unsuccessful Temporarily Unavailable: 480 and ACK on both sides', async () => {
    const { alice, bob } = cast()
    const invite = await alice.call('102')
    await (await bob.ringing()).refuse(480)
    await invite.refused(480)
  })
})
