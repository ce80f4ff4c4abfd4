/**
 * Topology hiding: each side plants a marker in every header that it writes, in every message, and what the other side receives is
 * searched for it, octet by octet. Session descriptions have their tests beside `media/relay/local-description.ts`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OutsideWorld } from '../../test/support/outside-world.ts'
import { CallWorld } from '../../test/support/call-world.ts'
import { type PhoneCall, type ScriptedPhone, sdp, sdpAnswer } from '../../test/support/scripted-phone.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import { serialise } from '../sip/message/serialise.ts'
import type { SipMessage, SipRequest } from '../sip/message/types.ts'

/** In every header that a phone may write and in some that nobody knows. */
const HEADERS = [
  'Accept',
  'Accept-Contact',
  'Alert-Info',
  'Allow-Events',
  'Answer-Mode',
  'Call-Info',
  'Content-Disposition',
  'Content-Language',
  'Date',
  'Diversion',
  'Error-Info',
  'Feature-Caps',
  'Geolocation',
  'Geolocation-Error',
  'History-Info',
  'Identity',
  'In-Reply-To',
  'MIME-Version',
  'Organization',
  'P-Access-Network-Info',
  'P-Asserted-Identity',
  'P-Called-Party-ID',
  'P-Charging-Vector',
  'P-Preferred-Identity',
  'P-RTP-Stat',
  'Path',
  'Priv-Answer-Mode',
  'Proxy-Authentication-Info',
  'Reason',
  'Record-Route',
  'Referred-By',
  'Remote-Party-ID',
  'Reply-To',
  'Retry-After',
  'Server',
  'Service-Route',
  'Session-ID',
  'Timestamp',
  'User-Agent',
  'User-to-User',
  'Warning',
  'X-Asterisk-HangupCause',
  'X-Inside',
] as const

function planted(mark: string): HeaderPair[] {
  return HEADERS.filter(name => !['Accept', 'Retry-After', 'Record-Route'].includes(name)).map(name => [
    name,
    `<sip:${mark}@${mark}.invalid>;x=${mark}`,
  ])
}

/** Whatever one side received, as octets. */
function octetsOf(messages: readonly SipMessage[]): string {
  return messages.map(message => serialise(message).toString('latin1')).join('\n')
}

function assertNothingOf(mark: string, messages: readonly SipMessage[]): void {
  const text = octetsOf(messages)
  assert.ok(messages.length > 0, 'nothing was received')
  const at = text.indexOf(mark)
  const line = text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at))
  assert.equal(at, -1, `it crossed: ${line}`)
}

function secretsOf(phone: ScriptedPhone): readonly string[] {
  return [phone.username, phone.address, phone.userAgent]
}

const CALLER = 'MARKOFCALLER'
const CALLEE = 'MARKOFCALLEE'

/** A call from the first INVITE to the BYE, with both sides talkative. */
async function talk(
  alice: ScriptedPhone,
  target: string,
  bob: Pick<ScriptedPhone, 'ringing' | 'expectRequest' | 'respond'>,
) {
  const heardByCaller: SipMessage[] = []
  const heardByCallee: SipMessage[] = []
  const invite = await alice.call(target, { body: sdp(alice.username), headers: planted(CALLER) })
  const ringing = await bob.ringing()
  heardByCallee.push(ringing.request)
  ringing.respond(180, { headers: planted(CALLEE) })
  heardByCaller.push(await alice.expectResponse(180))
  await ringing.answer({ headers: planted(CALLEE), body: ringing.sdpAnswer() })
  const caller = await invite.answered()
  heardByCaller.push(caller.response!)
  caller.send('INFO', {
    headers: planted(CALLER),
    body: 'Signal=5\r\nDuration=160\r\n',
    contentType: 'application/dtmf-relay',
  })
  const info = await bob.expectRequest('INFO')
  heardByCallee.push(info)
  bob.respond(info, 200, ringing.tag, { headers: planted(CALLEE) })
  heardByCaller.push(await alice.expectResponse(200))
  caller.send('BYE', { headers: planted(CALLER) })
  heardByCaller.push(await alice.expectResponse(200))
  const bye = await bob.expectRequest('BYE')
  heardByCallee.push(bye)
  bob.respond(bye, 200, ringing.tag, { headers: planted(CALLEE) })
  return { invite, ringing, heardByCaller, heardByCallee }
}

test('between two phones nothing of one is in what the other receives, in any message of a call', async () => {
  const world = new CallWorld()
  const [alice, bob] = [world.phone('101'), world.phone('102')]
  const { invite, ringing, heardByCaller, heardByCallee } = await talk(alice, '102', bob)
  for (const mark of [CALLER, ...secretsOf(alice), invite.callId, invite.fromTag]) assertNothingOf(mark, heardByCallee)
  for (const mark of [CALLEE, ...secretsOf(bob), ringing.request.callId, ringing.tag]) {
    assertNothingOf(mark, heardByCaller)
  }
})

test('a trunk receives nothing of the inside, neither names nor addresses, and the phone nothing of the trunk', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.number('+493055501', { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  world.calling(alice.account.extension, { callerId: '+493055501' })
  const { invite, ringing, heardByCaller, heardByCallee } = await talk(alice, '030901820', trunk.peer)
  const inside = [alice.account.organisation.domain, 'Extension 101', ...secretsOf(alice)]
  for (const mark of [CALLER, ...inside, invite.callId, invite.fromTag]) assertNothingOf(mark, heardByCallee)
  for (const mark of [CALLEE, 'first.example', ringing.request.callId, ringing.tag])
    assertNothingOf(mark, heardByCaller)
})

test('a refusal crosses as its number, without a word of whoever refused', async () => {
  for (const status of [302, 404, 480, 486, 488, 500, 603]) {
    const world = new CallWorld()
    const [alice, bob] = [world.phone('101'), world.phone('102')]
    const invite = await alice.call('102', { headers: planted(CALLER) })
    const ringing = await bob.ringing()
    const contact: HeaderPair[] = status === 302 ? [['Contact', `<sip:${CALLEE}@evil.invalid>`]] : []
    await ringing.refuse(status, { headers: [...planted(CALLEE), ...contact] })
    const heard = await alice.expectAny()
    assert.ok(heard.kind === 'response' && heard.status >= 300, `${status}`)
    assertNothingOf(CALLEE, [heard])
    invite.acknowledge(heard)
  }
})

test('a caller who gives up says why in a number: no word of it reaches the other side', async () => {
  const world = new CallWorld()
  const [alice, bob] = [world.phone('101'), world.phone('102')]
  const invite = await alice.call('102', { headers: planted(CALLER) })
  const ringing = await bob.ringing()
  ringing.respond(180)
  await alice.expectResponse(180)
  invite.cancel([['Reason', `SIP;cause=200;text="${CALLER} took it elsewhere"`]])
  assertNothingOf(CALLER, [await ringing.cancelled()])
})

/** Within a call each side asks for everything that one can ask for, and answers with markers. */
async function changes(
  asker: PhoneCall,
  other: ScriptedPhone,
  tag: string,
  [mine, theirs]: readonly [string, string],
): Promise<{ readonly heardByAsker: SipMessage[]; readonly heardByOther: SipMessage[] }> {
  const heardByAsker: SipMessage[] = []
  const heardByOther: SipMessage[] = []
  const { phone } = asker
  for (const [index, method] of ['INVITE', 'UPDATE'].entries()) {
    const body = sdp(phone.username, 'sendonly', 'RTP/SAVP', index + 2).replace('s=-', `s=${mine}`)
    const request = asker.send(method, { headers: planted(mine), body })
    const passed = await other.expectRequest(method)
    heardByOther.push(passed)
    const answer = sdpAnswer(other.username, passed.body, 'recvonly', index + 2).replace('s=-', `s=${theirs}`)
    other.respond(passed, 200, tag, {
      headers: [['Allow', 'INVITE, ACK, BYE, UPDATE'], ...planted(theirs)],
      body: answer,
    })
    if (method === 'INVITE') heardByOther.push(await other.expectRequest('ACK'))
    heardByAsker.push(await phone.expectResponse(200))
    if (method === 'INVITE') asker.acknowledge(request.cseq.number)
  }
  const refused = asker.send('INVITE', { headers: planted(mine), body: sdp(phone.username, 'inactive', 'RTP/SAVP', 9) })
  const passed = await other.expectRequest('INVITE')
  heardByOther.push(passed)
  other.respond(passed, 488, tag, { headers: planted(theirs) })
  heardByOther.push(await other.expectRequest('ACK'))
  const refusal = await phone.expectResponse(488)
  heardByAsker.push(refusal)
  asker.acknowledgeFailure(refused, refusal)
  for (const [method, contentType] of [
    ['MESSAGE', 'text/plain'],
    ['NOTIFY', 'message/sipfrag'],
    ['INFO', 'text/plain'],
    ['INFO', 'application/dtmf'],
    ['INFO', 'application/vnd.vendor'],
    ['X-INSIDE', 'text/plain'],
  ] as const) {
    asker.send(method, { headers: [['Event', 'refer'], ...planted(mine)], body: mine, contentType })
    heardByAsker.push(await phone.expectAny())
  }
  return { heardByAsker, heardByOther }
}

test('within a call nothing crosses either: re-INVITE, UPDATE, refusals, MESSAGE, NOTIFY, INFO, and what nobody knows', async () => {
  for (const outside of [false, true]) {
    const world = new OutsideWorld()
    const trunk = world.trunk('first')
    world.number('+493055501', { kind: 'extension', number: '101' })
    const alice = world.phone('101')
    world.calling(alice.account.extension, { callerId: '+493055501' })
    const bob = outside ? trunk.peer : world.phone('102')
    const invite = await alice.call(outside ? '030901820' : '102')
    const ringing = await bob.ringing()
    const called = await ringing.answer({ body: ringing.sdpAnswer() })
    const caller = await invite.answered()
    const first = await changes(caller, bob, '', [CALLER, CALLEE])
    const second = await changes(called, alice, '', [CALLEE, CALLER])
    for (const mark of [CALLER, ...secretsOf(alice), invite.callId, invite.fromTag]) {
      assertNothingOf(mark, [...first.heardByOther, ...second.heardByAsker])
    }
    for (const mark of [CALLEE, ...secretsOf(bob), ringing.request.callId, ringing.tag]) {
      assertNothingOf(mark, [...first.heardByAsker, ...second.heardByOther])
    }
    // None of the six reached anybody.
    await world.settle()
    caller.send('BYE')
    await alice.expectResponse(200)
    assert.equal(((await bob.expectAny()) as SipRequest).method, 'BYE')
  }
})

test('a transfer tells the third party nothing of the one that asked for it, and nobody where it wanted to go', async () => {
  const world = new CallWorld()
  const [alice, bob, carol] = [world.phone('101'), world.phone('102'), world.phone('103')]
  const invite = await alice.call('102')
  const ringing = await bob.ringing()
  await ringing.answer({ body: ringing.sdpAnswer() })
  const caller = await invite.answered()
  const target = `<sip:103@${bob.account.organisation.domain}?X-Evil=${CALLER}&Subject=${CALLER}>`
  caller.send('REFER', { headers: [['Refer-To', target], ...planted(CALLER)] })
  const heard = [await alice.expectResponse(202)]
  const offered = await carol.ringing()
  offered.respond(180, { headers: planted(CALLEE) })
  for (const mark of [CALLER, ...secretsOf(alice), ...secretsOf(bob), invite.callId])
    assertNothingOf(mark, [offered.request])
  const notified: SipMessage[] = [await caller.obey('NOTIFY'), await caller.obey('NOTIFY')]
  for (const mark of [CALLEE, ...secretsOf(carol), offered.request.callId])
    assertNothingOf(mark, [...heard, ...notified])
})

test('a display name or a topic never makes a header of its own, whatever is in it', async () => {
  const hostile = ['a%0d%0aX-Evil: 1', 'a\\"b', 'a\u00e2\u0080\u00a8X-Evil: 1', `${'x'.repeat(200)}`]
  for (const subject of hostile) {
    const world = new CallWorld()
    const [alice, bob] = [world.phone('101'), world.phone('102')]
    await alice.call('102', { headers: [['Subject', subject]] })
    const { request } = await bob.ringing()
    assert.equal(request.header('X-Evil'), undefined)
    assert.ok((request.header('Subject') ?? '').length <= 256)
  }
})

test('Call-IDs, tags and branches tell nothing: no host, no counter, no time', async () => {
  const world = new CallWorld()
  const [alice, bob] = [world.phone('101'), world.phone('102')]
  const names: Record<'callId' | 'tag' | 'branch', string[]> = { callId: [], tag: [], branch: [] }
  for (let calls = 0; calls < 64; calls++) {
    // The clock of this world stands still.
    const invite = await alice.call('102')
    const ringing = await bob.ringing()
    const { request } = ringing
    ringing.respond(180)
    await alice.expectResponse(180)
    names.callId.push(request.callId)
    names.tag.push(request.fromTag!)
    names.branch.push(request.topmostVia.branch!.slice('z9hG4bK'.length))
    invite.cancel()
    await alice.expectResponse(200)
    await invite.refused(487)
    await ringing.cancelled()
  }
  for (const [what, values] of Object.entries(names)) {
    assert.equal(new Set(values).size, values.length, what)
    const [first = ''] = values
    for (const value of values) assert.match(value, /^[\w-]{12,24}$/)
    for (let at = 0; at < first.length; at++) {
      // Of 64 random characters some 40 differ, never so few by chance.
      const seen = new Set(values.map(value => value[at])).size
      assert.ok(seen > 4, `${what}: character ${at} is one of ${seen}`)
    }
  }
})
