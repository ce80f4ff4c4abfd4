/** The call flows of RFC 3665 over TLS against the running server, which stands where the registrar and the proxies stand. */
import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { answerChallenge } from '../../src/sip/auth/answer.ts'
import { buildRequest, type HeaderPair } from '../../src/sip/message/build.ts'
import type { SipResponse } from '../../src/sip/message/types.ts'
import { type ScriptedPhone, sdp } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'
import { hangUp, talk, token } from './wire-request.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone
/** Registers and unregisters. */
let carol: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc3665' })
  alice = await world.phone('101')
  bob = await world.phone('102')
  carol = await world.phone('103', { registered: false })
})

after(() => world?.stop())

beforeEach(() => {
  for (const phone of [alice, bob, carol]) phone.drain()
})

const registration = { callId: token(), tag: token(), sequence: 0 }

function sendRegister(headers: readonly HeaderPair[]): void {
  const { domain } = carol.account.organisation
  registration.sequence++
  carol.sendRequest(
    buildRequest({
      method: 'REGISTER',
      uri: `sip:${domain}`,
      headers: [
        ['Max-Forwards', '70'],
        ['From', `<sip:${carol.username}@${domain}>;tag=${registration.tag}`],
        ['To', `<sip:${carol.username}@${domain}>`],
        ['Call-ID', registration.callId],
        ['CSeq', `${registration.sequence} REGISTER`],
        ...headers,
      ],
    }),
  )
}

/** REGISTER, 401, REGISTER with credentials: its answer. */
async function register(headers: readonly HeaderPair[], password = carol.account.password): Promise<SipResponse> {
  sendRegister(headers)
  const challenge = await carol.expectResponse(401)
  const challengeHeaders = challenge.headerValues('WWW-Authenticate')
  const uri = `sip:${carol.account.organisation.domain}`
  const proof = answerChallenge({ challengeHeaders, username: carol.username, password, method: 'REGISTER', uri })
  sendRegister([...headers, ['Authorization', proof!]])
  return (await carol.expectAny()) as SipResponse
}

function contactsOf(response: SipResponse): string[] {
  assert.equal(response.status, 200)
  return response
    .headerValues('Contact')
    .map(value => /<([^>]*)>/.exec(value)![1]!)
    .toSorted()
}

const otherContact = (): string => carol.contactUri.replace('sip:', 'sip:second-')

// --- registration ------------------------------------------------------------------------------------------------------------------

conformance(
  'RFC 3665 §2.1',
  'Successful New Registration',
  'REGISTER, 401, REGISTER, 200 with the binding',
  async () => {
    const response = await register([
      ['Contact', `<${carol.contactUri}>`],
      ['Expires', '3600'],
    ])
    assert.deepEqual(contactsOf(response), [carol.contactUri])
    assert.match(response.header('Contact')!, /;expires=\d+/)
    const invite = await alice.call('103')
    await (await carol.ringing()).refuse(486)
    await invite.refused(486)
  },
)

conformance('RFC 3665 §2.2', 'Update of Contact List', '200 with all bindings', async () => {
  const response = await register([
    ['Contact', `<${otherContact()}>`],
    ['Expires', '3600'],
  ])
  assert.deepEqual(contactsOf(response), [carol.contactUri, otherContact()].toSorted())
})

conformance(
  'RFC 3665 §2.3',
  'Request for Current Contact List',
  'REGISTER without Contact, 200 with all bindings',
  async () => {
    const response = await register([])
    assert.deepEqual(contactsOf(response), [carol.contactUri, otherContact()].toSorted())
  },
)

conformance(
  'RFC 3665 §2.4',
  'Cancellation of Registration',
  'Contact: * with Expires: 0, 200 without Contact',
  async () => {
    const response = await register([
      ['Contact', '*'],
      ['Expires', '0'],
    ])
    assert.deepEqual(contactsOf(response), [])
    const invite = await alice.call('103')
    await invite.refused(480)
    await carol.expectSilence()
  },
)

conformance('RFC 3665 §2.5', 'Unsuccessful Registration', '401 again, no binding', async () => {
  const response = await register([['Contact', `<${carol.contactUri}>`]], 'not the password')
  assert.equal(response.status, 401)
  assert.ok(response.header('WWW-Authenticate') !== undefined)
  assert.deepEqual(contactsOf(await register([])), [])
})

// --- sessions ----------------------------------------------------------------------------------------------------------------------

conformance('RFC 3665 §3.1', 'Successful Session Establishment', 'INVITE, 180, 200, ACK, BYE, 200', async () => {
  const call = await talk(alice, bob)
  await call.callee.hangUp()
  await call.caller.obey('BYE')
})

conformance(
  'RFC 3665 §3.2',
  'Session Establishment Through Two Proxies',
  '100, 180, 200 come back; ACK and BYE cross',
  async () => {
    const invite = await alice.call('102')
    const bell = await bob.ringing()
    await alice.expect(100)
    bell.respond(180)
    const ringing = await alice.expectResponse(180)
    assert.deepEqual([ringing.vias.length, bell.request.vias.length], [1, 1])
    const callee = await bell.answer()
    await hangUp({ caller: await invite.answered(), callee })
    return 'no Via of one side is seen on the other'
  },
)

conformance(
  'RFC 3665 §3.3',
  'Session with Multiple Proxy Authentication',
  '407, ACK, INVITE with CSeq counted on',
  async () => {
    const invite = alice.invite('102', { body: sdp('alice') })
    const first = invite.transmit()
    const challenge = await alice.expectResponse(407)
    invite.acknowledge(challenge)
    const second = invite.transmit([alice.authorization(challenge, 'INVITE', invite.uri)])
    assert.deepEqual(
      [second.callId, second.fromTag, second.cseq.number],
      [first.callId, first.fromTag, first.cseq.number + 1],
    )
    const bell = await bob.ringing()
    assert.equal(bell.request.header('Proxy-Authorization'), undefined)
    const callee = await bell.answer()
    await hangUp({ caller: await invite.answered(), callee })
    return 'one challenge, for the one system that both proxies are'
  },
)

conformance(
  'RFC 3665 §3.5',
  'Session Through a SIP ALG',
  'addresses in Contact and SDP are those of the one between',
  async () => {
    const invite = await alice.call('102')
    const bell = await bob.ringing()
    const body = bell.request.body.toString()
    assert.ok(!body.includes('198.51.100.7'), 'the address in the caller’s offer')
    assert.match(bell.request.header('Contact')!, new RegExp(`:${world.system.ready.sipTls.port};`))
    const callee = await bell.answer()
    const caller = await invite.answered()
    assert.ok(!caller.response!.body.toString().includes('198.51.100.7'))
    await hangUp({ caller, callee })
  },
)

conformance(
  'RFC 3665 §3.6',
  'Session via Redirect, with SDP in ACK',
  'the offer is in the 200, the answer in the ACK',
  async () => {
    const redirected = await alice.call('102')
    await (await bob.ringing()).refuse(302, { headers: [['Contact', '<sip:elsewhere@example.net>']] })
    const refusal = await redirected.refused(480)
    assert.equal(refusal.contacts.length, 0)
    const invite = await alice.call('102', { body: undefined })
    const bell = await bob.ringing()
    assert.equal(bell.request.body.length, 0)
    bell.respond(180)
    await alice.expect(180)
    bell.respond(200, { body: sdp('bob') })
    const caller = await invite.answered(sdp('alice'))
    assert.match(caller.response!.body.toString(), /m=audio/)
    const ack = await bob.expectRequest('ACK')
    assert.match(ack.body.toString(), /m=audio/)
    await caller.hangUp()
    bob.respond(await bob.expectRequest('BYE'), 200, '')
    return 'as demanded; deviation: a redirection by a phone is not followed (480), because where calls go is the system’s to say'
  },
)

conformance(
  'RFC 3665 §3.7',
  'Session with re-INVITE (IP Address Change)',
  'INVITE, 200, ACK in the dialog; the target moves',
  async () => {
    const { caller, callee } = await talk(alice, bob)
    const moved = `sip:moved@127.0.0.1:${bob.flow.remotePort};transport=tls`
    const request = callee.send('INVITE', { body: sdp('bob', 'sendrecv', 'RTP/SAVP', 2), headers: [] })
    await caller.reinvited(sdp('alice', 'sendrecv', 'RTP/SAVP', 2))
    await bob.expect(200)
    callee.acknowledge(request.cseq.number)
    const { dialog } = callee
    const second = dialog.request('UPDATE', { headers: [['Contact', `<${moved}>`]] })
    bob.sendRequest(second)
    await bob.expect(200)
    await caller.hangUp()
    const bye = await callee.obey('BYE')
    assert.equal(bye.requestUriText, moved)
  },
)

conformance('RFC 3665 §3.8', 'Unsuccessful No Answer', 'CANCEL, 200, 487, ACK on both sides', async () => {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expect(180)
  invite.cancel()
  assert.equal((await alice.expectResponse(200)).cseq.method, 'CANCEL')
  await invite.refused(487)
  await bell.cancelled()
})

for (const [section, title, status] of [
  ['RFC 3665 §3.9', 'Unsuccessful Busy', 486],
  ['RFC 3665 §3.11', 'Unsuccessful Temporarily Unavailable', 480],
] as const) {
  conformance(section, title, `${status} and ACK on both sides`, async () => {
    const invite = await alice.call('102')
    const bell = await bob.ringing()
    bell.respond(180)
    await alice.expect(180)
    await bell.refuse(status)
    await invite.refused(status)
  })
}

conformance(
  'RFC 3665 §3.10',
  'Unsuccessful No Response from User Agent',
  'the caller is told that nobody answered',
  async () => {
    const dave = await world.phone('104')
    world.closeFlow(dave.flow)
    await world.settle()
    const invite = await alice.call('104')
    await invite.refused(480)
    return '480 at once: the phone’s connection is gone (its silence over UDP is in rfc3665.test.ts)'
  },
)
