/** RFC 3261 §8.2, §11 and §16.3 over sockets: what any request is looked at for, before it means anything. */
import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { withoutHeader } from '../../src/sip/message/change.ts'
import type { SipResponse } from '../../src/sip/message/types.ts'
import { type ScriptedPhone, sdp } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'
import { hangUp, talk, token, type WireRequest, wireRequest } from './wire-request.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc3261-requests' })
  alice = await world.phone('101')
  bob = await world.phone('102')
})

after(() => world?.stop())

beforeEach(() => {
  alice.drain()
  bob.drain()
})

async function exchange(wanted: WireRequest, status: number): Promise<SipResponse> {
  alice.sendRequest(wireRequest(alice, wanted))
  const response = await alice.expectResponse(status)
  await alice.expectSilence()
  return response
}

/** An INVITE that is refused before anybody is asked who he is, or after. */
async function refusedInvite(wanted: Omit<WireRequest, 'method'>, status: number): Promise<SipResponse> {
  const { domain } = alice.account.organisation
  const request = wireRequest(alice, { uri: `sip:102@${domain}`, body: sdp('alice'), ...wanted, method: 'INVITE' })
  alice.sendRequest(request)
  let response = (await alice.expectAny()) as SipResponse
  if (response.status === 407) {
    const { uri = `sip:102@${domain}`, headers = [] } = wanted
    const parts = { body: sdp('alice'), ...wanted, uri, callId: token(), cseq: 2 }
    const proof = alice.authorization(response, 'INVITE', uri)
    alice.sendRequest(wireRequest(alice, { ...parts, method: 'INVITE', headers: [...headers, proof] }))
    response = (await alice.expectAny()) as SipResponse
  }
  assert.equal(response.status, status)
  await bob.expectSilence()
  return response
}

const list = (response: SipResponse, name: string): readonly string[] => response.headerValues(name)

for (const method of ['MESSAGE', 'PUBLISH', 'SUBSCRIBE']) {
  const status = method === 'MESSAGE' ? 405 : 489
  const words = method === 'MESSAGE' ? '405 with Allow' : 'RFC 6665 §7.3.2: 489 for an unknown event package'
  conformance('RFC 3261 §8.2.1', `${method}, which we know and do not allow`, words, async () => {
    const response = await exchange({ method }, status)
    if (status === 405) assert.ok(list(response, 'Allow').includes('INVITE'))
    return method === 'MESSAGE' ? '405 with Allow' : '489: there is no event package here'
  })
}

conformance('RFC 3261 §8.2.1', 'a method that nobody knows', '405 with Allow, or 501 (§21.5.2)', async () => {
  const response = await exchange({ method: 'GAMBOL' }, 501)
  assert.ok(list(response, 'Allow').includes('BYE'))
  return '501 with Allow'
})

conformance('RFC 3261 §8.2.1', 'a method that nobody knows, in a dialog', 'the call goes on', async () => {
  const call = await talk(alice, bob)
  await call.caller.exchange('GAMBOL', 501)
  await hangUp(call)
  return '501 with Allow; the call goes on'
})

for (const uri of ['nobodyKnowsThis:totallyopaque', 'tel:+441632960000', 'https://example.com/']) {
  const scheme = uri.slice(0, uri.indexOf(':'))
  conformance('RFC 3261 §8.2.2.1', `INVITE to a ${scheme} URI`, '416 Unsupported URI Scheme', async () => {
    await refusedInvite({ uri }, 416)
  })
}

conformance('RFC 3261 §8.2.2.1', 'OPTIONS of an unknown scheme', '416 Unsupported URI Scheme', async () => {
  await exchange({ method: 'OPTIONS', uri: 'nobodyKnowsThis:totallyopaque' }, 416)
})

conformance('RFC 3261 §8.2.2.2', 'the same INVITE by two ways', '482 for the second', async () => {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expect(180)
  // As a forking proxy delivers it: another branch, all else alike.
  const { domain } = alice.account.organisation
  alice.sendRequest(
    wireRequest(alice, {
      method: 'INVITE',
      uri: `sip:102@${domain}`,
      callId: invite.callId,
      fromTag: invite.fromTag,
      cseq: invite.request.cseq.number,
      body: sdp('alice'),
    }),
  )
  await alice.expect(482)
  await bob.expectSilence()
  invite.cancel()
  await alice.expect(200)
  await invite.refused(487)
  await bell.cancelled()
})

for (const header of ['Require', 'Proxy-Require']) {
  const section = header === 'Require' ? 'RFC 3261 §8.2.2.3' : 'RFC 3261 §16.3'
  conformance(section, `INVITE with unknown option tags in ${header}`, '420 with Unsupported', async () => {
    const response = await refusedInvite({ headers: [[header, 'nothingSupportsThis, timer, norThis']] }, 420)
    assert.deepEqual(list(response, 'Unsupported'), ['nothingSupportsThis', 'norThis'])
    return '420, Unsupported names those that are not understood'
  })
  conformance(section, `OPTIONS with an unknown option tag in ${header}`, '420 with Unsupported', async () => {
    const response = await exchange({ method: 'OPTIONS', headers: [[header, 'nothingSupportsThis']] }, 420)
    assert.deepEqual(list(response, 'Unsupported'), ['nothingSupportsThis'])
  })
}

conformance(
  'RFC 3261 §8.2.2.3',
  're-INVITE with an unknown option tag',
  '420, the session is not changed',
  async () => {
    const call = await talk(alice, bob)
    const offer = { body: sdp('alice', 'sendonly', 'RTP/SAVP', 2), headers: [['Require', 'nothing'] as const] }
    const response = await call.caller.exchange('INVITE', 420, offer)
    assert.deepEqual(list(response, 'Unsupported'), ['nothing'])
    await bob.expectSilence()
    await hangUp(call)
  },
)

conformance('RFC 3261 §8.2.2.3', 'CANCEL with Require', 'the header field is ignored', async () => {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expect(180)
  invite.cancel([['Require', 'nothing']])
  await alice.expect(200)
  await invite.refused(487)
  await bell.cancelled()
})

conformance('RFC 3261 §8.2.3', 'a body of an unknown type', '415 with Accept', async () => {
  const response = await refusedInvite({ body: 'hello', contentType: 'text/x-strange' }, 415)
  assert.deepEqual(list(response, 'Accept'), ['application/sdp'])
})

conformance('RFC 3261 §8.2.3', 'a body in an unknown encoding', '415 with Accept-Encoding', async () => {
  const response = await refusedInvite({ headers: [['Content-Encoding', 'tar']] }, 415)
  assert.deepEqual(list(response, 'Accept-Encoding'), ['identity'])
})

conformance(
  'RFC 3261 §8.2.6.2',
  'Via, From, To, Call-ID, CSeq of a response',
  'equal to the request’s, To with a tag',
  async () => {
    const sent = alice.sendRequest(wireRequest(alice, { method: 'OPTIONS', cseq: 314_159 }))
    const response = await alice.expectResponse(200)
    for (const name of ['From', 'Call-ID', 'CSeq']) assert.equal(response.header(name), sent.header(name), name)
    assert.ok(response.header('To')!.startsWith(sent.header('To')!))
    assert.ok(response.toTag !== undefined && response.toTag.length > 0)
    assert.equal(response.vias.length, 1)
    assert.equal(response.vias[0]!.branch, sent.vias[0]!.branch)
  },
)

conformance('RFC 3261 §8.2.6.2', 'every response to one INVITE', 'the same To tag', async () => {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  const ringing = await alice.expectResponse(180)
  bell.respond(183)
  const progress = await alice.expectResponse(183)
  invite.cancel()
  const cancelled = await alice.expectResponse(200)
  const ended = await invite.refused(487)
  await bell.cancelled()
  const tags = new Set([ringing, progress, cancelled, ended].map(response => response.toTag))
  assert.equal(tags.size, 1)
  return 'one tag, the answer to CANCEL included (§9.2)'
})

conformance('RFC 3261 §16.3', 'INVITE with Max-Forwards 0', '483 Too Many Hops', async () => {
  await refusedInvite({ maxForwards: 0 }, 483)
})

conformance('RFC 3261 §16.3', 'OPTIONS with Max-Forwards 0', 'the final recipient may answer', async () => {
  await exchange({ method: 'OPTIONS', maxForwards: 0 }, 200)
  return '200: it goes no further than here'
})

conformance('RFC 3261 §16.6', 'Max-Forwards of a call', 'one less on the other side', async () => {
  const invite = await alice.call('102', { maxForwards: 12 })
  const bell = await bob.ringing()
  assert.equal(bell.request.maxForwards, 11)
  await bell.refuse(486)
  await invite.refused(486)
})

conformance('RFC 3261 §8.1.1.8', 'INVITE without Contact', 'exactly one SIP URI must be there', async () => {
  const { domain } = alice.account.organisation
  const whole = wireRequest(alice, { method: 'INVITE', uri: `sip:102@${domain}`, body: sdp('alice') })
  alice.sendRequest(withoutHeader(whole, 'Contact'))
  await alice.expect(400)
  return '400'
})

conformance(
  'RFC 3261 §11.2',
  'OPTIONS',
  '200 with Allow, Accept, Accept-Encoding, Accept-Language, Supported',
  async () => {
    const response = await exchange({ method: 'OPTIONS' }, 200)
    for (const name of ['Allow', 'Accept', 'Accept-Encoding', 'Accept-Language', 'Supported']) {
      assert.ok(list(response, name).length > 0, name)
    }
    assert.deepEqual(list(response, 'Accept'), ['application/sdp'])
  },
)

conformance('RFC 3261 §11.2', 'OPTIONS in a dialog', '200, the dialog stays as it is', async () => {
  const call = await talk(alice, bob)
  const response = await call.caller.exchange('OPTIONS', 200)
  assert.ok(list(response, 'Allow').includes('INVITE'))
  await bob.expectSilence()
  await hangUp(call)
})
