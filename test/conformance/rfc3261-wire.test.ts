/** RFC 3261 §17 and §18, RFC 3581, RFC 4320 and RFC 6026 over UDP sockets, where what is lost has to be repeated. */
import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { createUacDialog } from '../../src/sip/dialog/dialog.ts'
import { buildRequest } from '../../src/sip/message/build.ts'
import { prependHeader } from '../../src/sip/message/change.ts'
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import { eventually, pause } from '../support/places.ts'
import type { OutgoingInvite, ScriptedPhone } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'
import { hangUp, talk, token, wireRequest } from './wire-request.ts'

/** A listener without an address of its own, of which none may be said to a phone. */
const ON_EVERY_ADDRESS = ['--allow-insecure-udp', '0.0.0.0:0', '--allow-insecure-sources', '127.0.0.0/8']
/** Longer than two repetitions at T1 and 2*T1 take. */
const TWO_REPETITIONS_MS = 1_700

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc3261-wire', arguments: ON_EVERY_ADDRESS })
  alice = await world.phone('101', { protocol: 'UDP' })
  bob = await world.phone('102', { protocol: 'UDP' })
})

after(() => world?.stop())

beforeEach(() => {
  alice.drain()
  bob.drain()
})

/** What comes until `count` messages are there; the machine may be slow. */
async function collected(phone: ScriptedPhone, count: number): Promise<SipMessage[]> {
  const messages: SipMessage[] = []
  await eventually(
    () => {
      messages.push(...phone.drain().filter(message => message.kind === 'request' || message.status !== 100))
      return messages.length >= count ? true : undefined
    },
    20_000,
    `${count} messages`,
  )
  return messages
}

const linesOf = (messages: readonly SipMessage[]): string[] =>
  messages.map(
    message =>
      `${message.kind === 'request' ? message.method : message.status} ${message.toTag ?? ''} ${message.cseq.number}`,
  )

/** Nothing but what is repeated comes for a while. */
async function quietAfter(phone: ScriptedPhone): Promise<void> {
  await phone.flush()
  await pause(TWO_REPETITIONS_MS)
  await phone.expectSilence()
}

async function ringBob(): Promise<{ invite: OutgoingInvite; bell: Awaited<ReturnType<ScriptedPhone['ringing']>> }> {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expect(180)
  return { invite, bell }
}

// --- requests that come twice (§17.2) -----------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §17.2.1',
  'the INVITE comes again while it rings',
  'the last provisional response again, no second call',
  async () => {
    const { invite, bell } = await ringBob()
    for (let time = 0; time < 3; time++) {
      alice.send(invite.request)
      await alice.expect(180)
    }
    await bob.expectSilence()
    await bell.refuse(486)
    await invite.refused(486)
  },
)

conformance(
  'RFC 3261 §17.2.1',
  'a refusal is not acknowledged',
  'repeated at T1, 2*T1 …, equal, until the ACK',
  async () => {
    const { invite, bell } = await ringBob()
    await bell.refuse(486)
    const answers = await collected(alice, 3)
    assert.equal(new Set(linesOf(answers)).size, 1)
    invite.acknowledge(answers[0] as SipResponse)
    await quietAfter(alice)
  },
)

conformance('RFC 3261 §17.2.1', 'the INVITE comes again after the refusal', 'the refusal again', async () => {
  const { invite, bell } = await ringBob()
  await bell.refuse(486)
  const refusal = await alice.expectResponse(486)
  alice.send(invite.request)
  const again = await alice.expectResponse(486)
  assert.equal(again.toTag, refusal.toTag)
  invite.acknowledge(refusal)
  await alice.flush()
  invite.acknowledge(refusal)
  alice.send(invite.request)
  await bob.expectSilence()
  return 'the refusal again; after the ACK the INVITE is absorbed (Timer I)'
})

for (const method of ['OPTIONS', 'REGISTER'] as const) {
  conformance('RFC 3261 §17.2.2', `${method} comes again`, 'the same response again', async () => {
    const { domain } = alice.account.organisation
    const callId = token()
    const headers = [['Event', 'none'] as const]
    const first = wireRequest(alice, { method, uri: `sip:${domain}`, callId, headers })
    let sent = alice.sendRequest(first)
    if (method === 'REGISTER') {
      const challenge = await alice.expectResponse(401)
      const proof = alice.authorization(challenge, 'REGISTER', `sip:${domain}`)
      const to = ['To', `<sip:${alice.username}@${domain}>`] as const
      const parts = { method, uri: `sip:${domain}`, callId, cseq: 2, headers: [proof] }
      sent = alice.sendRequest(withTo(wireRequest(alice, parts), to[1]))
    }
    const response = await alice.expectResponse(200)
    alice.send(sent)
    alice.send(sent)
    const [second, third] = (await collected(alice, 2)) as SipResponse[]
    assert.deepEqual([second!.toTag, third!.toTag], [response.toTag, response.toTag])
  })
}

conformance('RFC 3261 §17.2.2', 'BYE comes again', 'the 200 again, one BYE for the other phone', async () => {
  const call = await talk(alice, bob)
  const bye = call.caller.send('BYE')
  await alice.expect(200)
  alice.send(bye)
  await alice.expect(200)
  await call.callee.obey('BYE')
  await bob.expectSilence()
})

conformance('RFC 3261 §9.2', 'CANCEL comes again', 'the 200 again, one CANCEL for the phone', async () => {
  const { invite, bell } = await ringBob()
  invite.cancel()
  await alice.expect(200)
  await invite.refused(487)
  invite.cancel()
  await alice.expect(200)
  await bell.cancelled()
  await bob.expectSilence()
})

// --- the 2xx (§13.3.1.4, RFC 6026) -----------------------------------------------------------------------------------------------

conformance('RFC 3261 §13.3.1.4', 'the 200 is not acknowledged', 'repeated at T1, 2*T1 … until the ACK', async () => {
  const invite = await alice.call('102')
  const callee = await (await bob.ringing()).answer()
  const answers = (await collected(alice, 3)) as SipResponse[]
  assert.equal(new Set(linesOf(answers)).size, 1)
  const dialog = createUacDialog(invite.request, answers[0]!)
  alice.sendRequest(dialog.ack(invite.request.cseq.number))
  await quietAfter(alice)
  alice.sendRequest(dialog.request('BYE'))
  await alice.expect(200)
  await callee.obey('BYE')
})

conformance(
  'RFC 6026 §7.1',
  'the INVITE comes again after its 200',
  'absorbed: no second call, no other answer',
  async () => {
    const invite = await alice.call('102')
    const callee = await (await bob.ringing()).answer()
    const caller = await invite.answered()
    await alice.flush()
    alice.send(invite.request)
    await alice.expectSilence()
    await bob.expectSilence()
    await hangUp({ caller, callee })
  },
)

conformance('RFC 6026 §8.5', 'an ACK for nothing', 'no answer, no effect', async () => {
  const call = await talk(alice, bob)
  const { callId, localTag: fromTag, remoteTag: toTag } = call.caller.dialog
  alice.sendRequest(wireRequest(alice, { method: 'ACK', callId, fromTag, toTag, cseq: 1 }))
  alice.sendRequest(wireRequest(alice, { method: 'ACK', fromTag: 'a', toTag: 'b', cseq: 7 }))
  await alice.expectSilence()
  await bob.expectSilence()
  await hangUp(call)
})

// --- requests that we repeat (§17.1) ---------------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §17.1.1.2',
  'the phone does not answer our INVITE',
  'repeated at T1, 2*T1 …, until a provisional',
  async () => {
    const invite = await alice.call('102')
    const invites = (await collected(bob, 3)) as SipRequest[]
    assert.equal(new Set(invites.map(request => request.header('Via'))).size, 1)
    bob.respond(invites[0]!, 180, 'bob')
    await quietAfter(bob)
    bob.respond(invites[0]!, 486, 'bob')
    await bob.expect('ACK')
    await alice.expect(180)
    await invite.refused(486)
  },
)

conformance(
  'RFC 3261 §17.1.1.3',
  'the ACK of a refusal',
  'branch, Request-URI, From, Call-ID, CSeq number of the INVITE; To of the response',
  async () => {
    const { invite, bell } = await ringBob()
    bell.respond(486)
    const ack = await bob.expectRequest('ACK')
    const { request } = bell
    assert.equal(ack.requestUriText, request.requestUriText)
    for (const name of ['Via', 'From', 'Call-ID']) assert.equal(ack.header(name), request.header(name), name)
    assert.deepEqual([ack.toTag, ack.cseq.number, ack.cseq.method], [bell.tag, request.cseq.number, 'ACK'])
    bell.respond(486)
    const again = await bob.expectRequest('ACK')
    assert.equal(again.header('Via'), ack.header('Via'))
    await invite.refused(486)
    return 'as demanded; again for each repetition'
  },
)

conformance(
  'RFC 3261 §17.1.2.2',
  'the phone does not answer our BYE',
  'repeated at T1, 2*T1 …, until the answer',
  async () => {
    const call = await talk(alice, bob)
    await call.caller.hangUp()
    const byes = (await collected(bob, 3)) as SipRequest[]
    assert.equal(new Set(byes.map(request => `${request.method} ${request.header('Via')}`)).size, 1)
    bob.respond(byes[0]!, 200, '')
    await quietAfter(bob)
  },
)

// --- responses and where they go (§18.2.2, RFC 3581) -------------------------------------------------------------------------------

function optionsWith(via: string): SipRequest {
  return prependHeader(wireRequest(alice, { method: 'OPTIONS' }), 'Via', via)
}

conformance(
  'RFC 3581 §4',
  'rport, and a sent-by that is not where it came from',
  'to the source; received and rport are filled',
  async () => {
    alice.send(optionsWith('SIP/2.0/UDP 192.0.2.77:9;rport;branch=z9hG4bKrport1'))
    const via = (await alice.expectResponse(200)).header('Via')!
    assert.match(via, /;received=127\.0\.0\.1/)
    assert.match(via, new RegExp(`;rport=${alice.flow.remotePort}\\b`))
    assert.match(via, /^SIP\/2\.0\/UDP 192\.0\.2\.77:9/)
  },
)

conformance('RFC 3261 §18.2.1', 'sent-by is a host name', 'received says the source address', async () => {
  alice.send(optionsWith(`SIP/2.0/UDP phone.invalid:${alice.flow.remotePort};branch=z9hG4bKreceived1`))
  assert.match((await alice.expectResponse(200)).header('Via')!, /;received=127\.0\.0\.1/)
})

conformance(
  'RFC 3261 §18.2.2',
  'no rport: the port of sent-by',
  'the response goes to that port at the source address',
  async () => {
    alice.send(optionsWith(`SIP/2.0/UDP 127.0.0.1:${bob.flow.remotePort};branch=z9hG4bKport1`))
    const response = await bob.expectResponse(200)
    assert.equal(response.vias[0]!.branch, 'z9hG4bKport1')
    await alice.expectSilence()
  },
)

conformance(
  'RFC 3261 §18.2.2',
  'no rport, and sent-by is another address',
  'the source address, the port of sent-by',
  async () => {
    alice.send(optionsWith('SIP/2.0/UDP 192.0.2.77:9;branch=z9hG4bKnat1'))
    await alice.expect(200)
    return 'deviation: to the source port, because nothing else leads back through a NAT'
  },
)

conformance('RFC 3581 §3', 'requests that we send', 'rport in our Via, and a sent-by that can be reached', async () => {
  const { invite, bell } = await ringBob()
  const via = bell.request.header('Via')!
  assert.match(via, new RegExp(`^SIP/2\\.0/UDP 127\\.0\\.0\\.1:${world.udpPort};branch=z9hG4bK[^;]+;rport$`))
  await bell.refuse(486)
  await invite.refused(486)
})

// --- RFC 4320 -----------------------------------------------------------------------------------------------------------------------

conformance('RFC 4320 §4.1', 'a non-INVITE request that is answered at once', 'no provisional response', async () => {
  alice.sendRequest(wireRequest(alice, { method: 'OPTIONS' }))
  await world.settle()
  const statuses = alice.drain().map(message => (message.kind === 'response' ? message.status : 0))
  assert.deepEqual(statuses, [200])
})

function withTo(request: SipRequest, to: string): SipRequest {
  const headers = request.headers.map(({ name, value }) => [name, name === 'To' ? to : value] as const)
  return buildRequest({ method: request.method, uri: request.requestUriText, headers })
}
