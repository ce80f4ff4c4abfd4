/** RFC 3261 §12 to §15 over sockets: dialogs as the phones at both ends of the running server see them. */
import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { withHeader } from '../../src/sip/message/change.ts'
import { parseUri } from '../../src/sip/message/uri.ts'
import type { SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import type { HeaderPair } from '../../src/sip/message/build.ts'
import { type ScriptedPhone, sdp } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'
import { hangUp, talk, type Talk, wireRequest } from './wire-request.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc3261-calls' })
  alice = await world.phone('101')
  bob = await world.phone('102')
})

after(() => world?.stop())

beforeEach(() => {
  alice.drain()
  bob.drain()
})

const recordRoutes = (...values: string[]): HeaderPair[] => values.map(value => ['Record-Route', value] as const)
const offer = (name: string, version: number): string => sdp(name, 'sendonly', 'RTP/SAVP', version)

/** BYE of the callee; what the caller's phone gets of it. */
async function endedByCallee({ callee }: Pick<Talk, 'callee'>): Promise<SipRequest> {
  bob.sendRequest(callee.dialog.request('BYE'))
  await bob.expect(200)
  const bye = await alice.expectRequest('BYE')
  alice.respond(bye, 200, '')
  return bye
}

// --- route sets (§12.1, §12.2.1.1) -----------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §12.1.1',
  'INVITE with Record-Route',
  'copied to 180 and 200, in order, with parameters',
  async () => {
    const routes = ['<sip:p2.example.com;lr;x=1>', '<sip:p1.example.com;lr>']
    const invite = await alice.call('102', { headers: recordRoutes(...routes) })
    const bell = await bob.ringing()
    assert.equal(bell.request.header('Record-Route'), undefined)
    bell.respond(180)
    assert.deepEqual((await alice.expectResponse(180)).headerValues('Record-Route'), routes)
    const callee = await bell.answer()
    const caller = await invite.answered()
    assert.deepEqual(caller.response!.headerValues('Record-Route'), routes)
    await alice.flush()
    const bye = await endedByCallee({ callee })
    assert.deepEqual(bye.headerValues('Route'), routes)
    assert.equal(bye.requestUriText, alice.contactUri)
    return 'as demanded; none of them reaches the other side'
  },
)

conformance(
  'RFC 3261 §12.2.1.1',
  'the first route is a strict router',
  'it is the Request-URI, the target ends the Route',
  async () => {
    const routes = ['<sip:strict.example.com>', '<sip:p1.example.com;lr>']
    const invite = await alice.call('102', { headers: recordRoutes(...routes) })
    const callee = await (await bob.ringing()).answer()
    await invite.answered()
    await alice.flush()
    const bye = await endedByCallee({ callee })
    assert.equal(bye.requestUriText, 'sip:strict.example.com')
    const targets = bye.headerValues('Route').map(value => value.replace(/^<|>$/g, ''))
    assert.equal(targets[0], 'sip:p1.example.com;lr')
    assert.deepEqual(parseUri(targets[1]!), parseUri(alice.contactUri))
    assert.equal(targets.length, 2)
  },
)

conformance(
  'RFC 3261 §12.1.2',
  'the phone’s 200 has Record-Route',
  'ACK and BYE follow it, in reverse order',
  async () => {
    const invite = await alice.call('102')
    const bell = await bob.ringing()
    bell.respond(200, { body: sdp('bob'), headers: recordRoutes('<sip:b2.example.com;lr>', '<sip:b1.example.com;lr>') })
    const ack = await bob.expectRequest('ACK')
    const reversed = ['<sip:b1.example.com;lr>', '<sip:b2.example.com;lr>']
    assert.deepEqual(ack.headerValues('Route'), reversed)
    const caller = await invite.answered()
    await caller.hangUp()
    const bye = await bob.expectRequest('BYE')
    assert.deepEqual(bye.headerValues('Route'), reversed)
    bob.respond(bye, 200, '')
    const response = caller.response!
    assert.equal(response.header('Record-Route'), undefined)
  },
)

conformance(
  'RFC 3261 §16.12',
  'a request in a dialog whose Request-URI is our own Contact',
  'it is for us',
  async () => {
    const call = await talk(alice, bob)
    const bye = call.caller.dialog.request('BYE')
    assert.equal(`<${bye.requestUriText}>`, call.caller.response!.header('Contact'))
    alice.sendRequest(bye)
    await alice.expect(200)
    await call.callee.obey('BYE')
  },
)

conformance(
  'RFC 3261 §16.4',
  'a Route that names us, as phones with an outbound proxy send it',
  'it is taken off',
  async () => {
    const own = `<sip:127.0.0.1:${world.system.ready.sipTls.port};transport=tls;lr>`
    const invite = await alice.call('102', { headers: [['Route', own]] })
    const bell = await bob.ringing()
    assert.equal(bell.request.header('Route'), undefined)
    const callee = await bell.answer()
    await hangUp({ caller: await invite.answered(), callee })
  },
)

conformance('RFC 3261 §16.6', 'a Route that leads elsewhere', 'a proxy would send it there', async () => {
  const invite = await alice.call('102', { headers: [['Route', '<sip:elsewhere.invalid;lr>']] })
  const bell = await bob.ringing()
  assert.equal(bell.request.header('Route'), undefined)
  await bell.refuse(486)
  await invite.refused(486)
  return 'deviation: not followed, because we are no proxy: the call goes where the number leads'
})

// --- requests in a dialog (§12.2) ----------------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §12.2.1.1',
  'requests that we send in a dialog',
  'tags and URIs mirrored, CSeq counts by one',
  async () => {
    const call = await talk(alice, bob)
    const first = call.caller.send('INVITE', { body: offer('alice', 2) })
    const renewed = await call.callee.reinvited(sdp('bob', 'recvonly', 'RTP/SAVP', 2))
    await alice.expect(200)
    call.caller.acknowledge(first.cseq.number)
    await call.caller.hangUp()
    const bye = await call.callee.obey('BYE')
    assert.equal(bye.cseq.number, renewed.cseq.number + 1)
    assert.deepEqual([bye.callId, bye.fromTag, bye.toTag], [renewed.callId, renewed.fromTag, renewed.toTag])
    assert.equal(bye.requestUriText, bob.contactUri)
    assert.equal(renewed.headerValues('Contact').length, 1)
  },
)

for (const method of ['BYE', 'INVITE', 'UPDATE', 'INFO', 'REFER', 'OPTIONS']) {
  conformance('RFC 3261 §12.2.2', `${method} with tags of no dialog`, '481', async () => {
    const call = await talk(alice, bob)
    const { callId, localTag, remoteTag } = call.caller.dialog
    const wrong = [
      { callId, fromTag: localTag, toTag: 'of-nobody' },
      { callId, fromTag: 'of-nobody', toTag: remoteTag },
      { callId: `${callId}x`, fromTag: localTag, toTag: remoteTag },
    ]
    for (const [index, tags] of wrong.entries()) {
      const request = alice.sendRequest(wireRequest(alice, { method, ...tags, cseq: 900 + index }))
      const response = await alice.expectResponse(481)
      if (method === 'INVITE') call.caller.acknowledgeFailure(request, response)
    }
    await bob.expectSilence()
    await hangUp(call)
    return '481 for a wrong To tag, From tag and Call-ID; the call goes on'
  })
}

conformance('RFC 3261 §12.2.2', 'a CSeq number lower than the last', '500', async () => {
  const call = await talk(alice, bob)
  const { callId, localTag: fromTag, remoteTag: toTag } = call.caller.dialog
  const inDialog = (method: string, cseq: number): SipRequest =>
    wireRequest(alice, { method, callId, fromTag, toTag, cseq })
  alice.sendRequest(inDialog('OPTIONS', 700))
  await alice.expect(200)
  alice.sendRequest(inDialog('OPTIONS', 699))
  const response = await alice.expectResponse(500)
  assert.ok(response.header('Retry-After') !== undefined)
  alice.sendRequest(inDialog('BYE', 800))
  await alice.expect(200)
  await call.callee.obey('BYE')
  return '500 with Retry-After; a gap is no fault'
})

conformance('RFC 3261 §12.2.2', 're-INVITE with a new Contact', 'the target of the requests that follow', async () => {
  const call = await talk(alice, bob)
  const contact = `<sip:moved@127.0.0.1:${alice.flow.remotePort};transport=tls>`
  const { callId, localTag: fromTag, remoteTag: toTag } = call.caller.dialog
  const request = wireRequest(alice, { method: 'INVITE', callId, fromTag, toTag, cseq: 900, body: offer('alice', 2) })
  alice.sendRequest(withHeader(request, 'Contact', contact))
  await call.callee.reinvited(sdp('bob', 'recvonly', 'RTP/SAVP', 2))
  await alice.expect(200)
  alice.sendRequest(wireRequest(alice, { method: 'ACK', callId, fromTag, toTag, cseq: 900 }))
  await alice.flush()
  const bye = await endedByCallee(call)
  assert.match(bye.requestUriText, /^sip:moved@/)
})

// --- re-INVITE (§14) --------------------------------------------------------------------------------------------------------------

conformance('RFC 3261 §14.1', 'both phones offer at once', '491 where a request of ours is under way', async () => {
  const call = await talk(alice, bob)
  const first = call.caller.send('INVITE', { body: offer('alice', 2) })
  const renewed = await bob.expectRequest('INVITE')
  const second = call.callee.send('INVITE', { body: offer('bob', 2) })
  const glare = await bob.expectResponse(491)
  call.callee.acknowledgeFailure(second, glare)
  bob.respond(renewed, 200, '', { body: sdp('bob', 'recvonly', 'RTP/SAVP', 2) })
  await bob.expect('ACK')
  await alice.expect(200)
  call.caller.acknowledge(first.cseq.number)
  await alice.flush()
  await hangUp(call)
})

conformance(
  'RFC 3261 §14.2',
  'a second re-INVITE before the first is answered',
  '500 with Retry-After from 0 to 10',
  async () => {
    const call = await talk(alice, bob)
    const first = call.caller.send('INVITE', { body: offer('alice', 2) })
    const renewed = await bob.expectRequest('INVITE')
    const second = call.caller.send('INVITE', { body: offer('alice', 3) })
    const refusal = await alice.expectResponse(500)
    call.caller.acknowledgeFailure(second, refusal)
    const wait = Number(refusal.header('Retry-After'))
    assert.ok(Number.isInteger(wait) && wait >= 0 && wait <= 10)
    bob.respond(renewed, 200, '', { body: sdp('bob', 'recvonly', 'RTP/SAVP', 2) })
    await bob.expect('ACK')
    await alice.expect(200)
    call.caller.acknowledge(first.cseq.number)
    await alice.flush()
    await hangUp(call)
  },
)

conformance('RFC 3261 §14.1', 're-INVITE is refused with 488', 'the session stays as it was', async () => {
  const call = await talk(alice, bob)
  const request = call.caller.send('INVITE', { body: offer('alice', 2) })
  const renewed = await bob.expectRequest('INVITE')
  bob.respond(renewed, 488, '')
  await bob.expect('ACK')
  const refusal = await alice.expectResponse(488)
  call.caller.acknowledgeFailure(request, refusal)
  await alice.expectSilence()
  await bob.expectSilence()
  await hangUp(call)
})

for (const status of [481, 408]) {
  conformance(
    'RFC 3261 §12.2.1.2',
    `the other phone answers re-INVITE with ${status}`,
    'its dialog is over',
    async () => {
      const call = await talk(alice, bob)
      const request = call.caller.send('INVITE', { body: offer('alice', 2) })
      const renewed = await bob.expectRequest('INVITE')
      bob.respond(renewed, status, '')
      await bob.expect('ACK')
      const answers = [await alice.expectAny(), await alice.expectAny()]
      const refusal = answers.find((message): message is SipResponse => message.kind === 'response')
      const bye = answers.find((message): message is SipRequest => message.kind === 'request')
      assert.ok(refusal !== undefined && refusal.status >= 400)
      call.caller.acknowledgeFailure(request, refusal)
      assert.equal(bye?.method, 'BYE')
      alice.respond(bye!, 200, '')
      return 'the call ends: BYE to the phone that asked'
    },
  )
}

// --- BYE (§15) ----------------------------------------------------------------------------------------------------------------------

conformance('RFC 3261 §15.1', 'BYE of the caller in its early dialog', '200, and 487 for the INVITE', async () => {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  const ringing = await alice.expectResponse(180)
  const tags = { callId: invite.callId, fromTag: invite.fromTag, toTag: ringing.toTag! }
  alice.sendRequest(wireRequest(alice, { method: 'BYE', ...tags, cseq: invite.request.cseq.number + 1 }))
  const answers = [(await alice.expectAny()) as SipResponse, (await alice.expectAny()) as SipResponse]
  assert.deepEqual(answers.map(answer => `${answer.status} ${answer.cseq.method}`).toSorted(), [
    '200 BYE',
    '487 INVITE',
  ])
  invite.acknowledge(answers.find(answer => answer.status === 487)!)
  await bell.cancelled()
})

conformance('RFC 3261 §15', 'BYE of the callee in its early dialog', 'the callee MUST NOT send one', async () => {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expect(180)
  bob.sendRequest(bell.dialog.request('BYE'))
  await bob.expect(481)
  await alice.expectSilence()
  const callee = await bell.answer()
  await hangUp({ caller: await invite.answered(), callee })
  return '481; it rings on'
})

conformance(
  'RFC 3261 §15.1.2',
  'BYE while a re-INVITE of its sender waits',
  '200, and 487 for what waits',
  async () => {
    const call = await talk(alice, bob)
    const request = call.caller.send('INVITE', { body: offer('alice', 2) })
    const renewed = await bob.expectRequest('INVITE')
    call.caller.send('BYE')
    const answers = [(await alice.expectAny()) as SipResponse, (await alice.expectAny()) as SipResponse]
    assert.deepEqual(answers.map(answer => `${answer.status} ${answer.cseq.method}`).toSorted(), [
      '200 BYE',
      '487 INVITE',
    ])
    call.caller.acknowledgeFailure(request, answers.find(answer => answer.status === 487)!)
    await world.settle()
    const methods = bob.drain().map(message => (message.kind === 'request' ? message.method : ''))
    assert.ok(methods.includes('BYE'), methods.join())
    bob.respond(renewed, 487, '')
    await bob.expect('ACK')
  },
)

conformance('RFC 3261 §15.1.2', 'both phones hang up at once', '200, or 481 once the dialog is gone', async () => {
  const call = await talk(alice, bob)
  call.caller.send('BYE')
  call.callee.send('BYE')
  await world.settle()
  const statuses: number[] = []
  for (const phone of [alice, bob]) {
    for (const message of phone.drain()) {
      if (message.kind === 'request') phone.respond(message, 200, '')
      else statuses.push(message.status)
    }
  }
  assert.deepEqual(statuses.toSorted(), [200, 481])
  return '200 for the first, 481 for the other'
})

conformance('RFC 3261 §15.1.2', 'BYE again after the end, in another transaction', '481', async () => {
  const call = await talk(alice, bob)
  await hangUp(call)
  alice.sendRequest(call.caller.dialog.request('BYE'))
  await alice.expect(481)
  await bob.expectSilence()
})

conformance(
  'RFC 3261 §15.1.1',
  'BYE is answered 481, or not with 2xx',
  'the session is over all the same',
  async () => {
    const call = await talk(alice, bob)
    await call.caller.hangUp()
    const bye = await bob.expectRequest('BYE')
    bob.respond(bye, 481, '')
    await bob.expectSilence()
    await alice.expectSilence()
  },
)
