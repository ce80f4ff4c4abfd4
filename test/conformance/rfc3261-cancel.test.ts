/** RFC 3261 §9 over sockets: CANCEL before, beside and after what it cancels. */
import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { createUacDialog } from '../../src/sip/dialog/dialog.ts'
import { buildRequest } from '../../src/sip/message/build.ts'
import { type IncomingInvite, type OutgoingInvite, type ScriptedPhone, sdp } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'
import { hangUp, talk } from './wire-request.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc3261-cancel' })
  alice = await world.phone('101')
  bob = await world.phone('102')
})

after(() => world?.stop())

beforeEach(() => {
  for (const phone of [alice, bob]) phone.drain()
})

async function ringBob(): Promise<{ invite: OutgoingInvite; bell: IncomingInvite }> {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expect(180)
  return { invite, bell }
}

/** The phone's 2xx is acknowledged, and the dialog that nobody wants ended. */
async function dismissed(phone: ScriptedPhone): Promise<void> {
  await phone.expectRequest('ACK')
  const bye = await phone.expectRequest('BYE')
  phone.respond(bye, 200, '')
}

// --- CANCEL (§9) ----------------------------------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §9.1',
  'the caller cancels before any answer of the phone',
  'CANCEL waits for a provisional',
  async () => {
    const invite = await alice.call('102')
    const bell = await bob.ringing()
    invite.cancel()
    await alice.expect(200)
    await invite.refused(487)
    await bob.expectSilence()
    bell.respond(100)
    await bell.cancelled()
  },
)

conformance('RFC 3261 §9.1', 'that phone answers at once', '2xx: ACK and BYE', async () => {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  invite.cancel()
  await alice.expect(200)
  await invite.refused(487)
  bell.respond(200, { body: sdp('bob') })
  await dismissed(bob)
  await alice.expectSilence()
})

conformance(
  'RFC 3261 §9.1',
  'the CANCEL that we send',
  'branch, Request-URI, Call-ID, From, To, CSeq number of the INVITE',
  async () => {
    const { invite, bell } = await ringBob()
    invite.cancel()
    await alice.expect(200)
    await invite.refused(487)
    const cancel = await bell.cancelled()
    const { request } = bell
    assert.equal(cancel.requestUriText, request.requestUriText)
    for (const name of ['Via', 'From', 'To', 'Call-ID']) assert.equal(cancel.header(name), request.header(name), name)
    assert.equal(cancel.cseq.number, request.cseq.number)
    assert.equal(cancel.headerValues('Via').length, 1)
    assert.equal(cancel.header('Require'), undefined)
  },
)

conformance('RFC 3261 §9.1', 'CANCEL and the phone’s 200 cross', 'the call is not up: ACK and BYE', async () => {
  const { invite, bell } = await ringBob()
  invite.cancel()
  const cancel = await bob.expectRequest('CANCEL')
  bell.respond(200, { body: sdp('bob') })
  bob.respond(cancel, 200, bell.tag)
  await alice.expect(200)
  await invite.refused(487)
  await dismissed(bob)
})

conformance('RFC 3261 §9.2', 'CANCEL after the 2xx', '200, and no effect', async () => {
  const invite = await alice.call('102')
  const callee = await (await bob.ringing()).answer()
  const response = await alice.expectResponse(200)
  invite.cancel()
  const cancelled = await alice.expectResponse(200)
  assert.equal(cancelled.cseq.method, 'CANCEL')
  alice.sendRequest(createUacDialog(invite.request, response).ack(response.cseq.number))
  await bob.expectSilence()
  bob.sendRequest(callee.dialog.request('BYE'))
  await bob.expect(200)
  const bye = await alice.expectRequest('BYE')
  alice.respond(bye, 200, '')
})

conformance('RFC 3261 §9.2', 'CANCEL after a refusal', '200, and no effect', async () => {
  const invite = await alice.call('102')
  await (await bob.ringing()).refuse(486)
  const response = await alice.expectResponse(486)
  invite.cancel()
  const cancelled = await alice.expectResponse(200)
  assert.equal(cancelled.cseq.method, 'CANCEL')
  invite.acknowledge(response)
  await alice.expectSilence()
  await bob.expectSilence()
})

conformance('RFC 3261 §9.2', 'CANCEL of nothing', '481', async () => {
  const { invite, bell } = await ringBob()
  const { request } = invite
  const via = request.header('Via')!.replace(/branch=[^;]*/, 'branch=z9hG4bKanother')
  alice.send(
    buildRequest({
      method: 'CANCEL',
      uri: invite.uri,
      headers: [
        ['Via', via],
        ['Max-Forwards', '70'],
        ['From', request.header('From')!],
        ['To', request.header('To')!],
        ['Call-ID', request.callId],
        ['CSeq', `${request.cseq.number} CANCEL`],
      ],
    }),
  )
  await alice.expect(481)
  await bob.expectSilence()
  invite.cancel()
  await alice.expect(200)
  await invite.refused(487)
  await bell.cancelled()
  return '481; the INVITE with another branch rings on'
})

conformance('RFC 3261 §9.2', 'CANCEL of a re-INVITE', '487 for it, the call goes on', async () => {
  const call = await talk(alice, bob)
  const request = call.caller.send('INVITE', { body: sdp('alice', 'sendonly', 'RTP/SAVP', 2) })
  const renewed = await bob.expectRequest('INVITE')
  bob.respond(renewed, 100, '')
  alice.send(
    buildRequest({
      method: 'CANCEL',
      uri: request.requestUriText,
      headers: [
        ['Via', request.header('Via')!],
        ['Max-Forwards', '70'],
        ...(['From', 'To', 'Call-ID'] as const).map(name => [name, request.header(name)!] as const),
        ['CSeq', `${request.cseq.number} CANCEL`],
      ],
    }),
  )
  await alice.expect(200)
  const cancel = await bob.expectRequest('CANCEL')
  bob.respond(cancel, 200, '')
  bob.respond(renewed, 487, '')
  await bob.expectRequest('ACK')
  const refusal = await alice.expectResponse(487)
  call.caller.acknowledgeFailure(request, refusal)
  await hangUp(call)
})
