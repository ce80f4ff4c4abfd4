/**
 * Topology hiding on the running system: a phone and a provider that plant markers in everything they send, over TLS. Every octet that
 * the other side receives is searched for them.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { HeaderPair } from '../../src/sip/message/build.ts'
import { serialise } from '../../src/sip/message/serialise.ts'
import { eventually } from '../support/places.ts'
import { decentAnswer, type Heard, type HostilePeer, startHostilePeer } from '../support/provider/hostile-peer.ts'
import { OUTSIDE_DIALLED, type OutsideWorld, OWNED, startOutsideWorld } from '../support/provider/outside-world.ts'
import { accepted } from '../support/ringfence.ts'
import { type ScriptedPhone, sdp, sdpAnswer } from '../support/scripted-phone.ts'
import { WireWorld } from '../support/wire-world.ts'

/** Whatever says so, says who we are, or which version. */
const PRODUCT = /ringfence|node\.js|node\/\d/i
const PROVIDER = 'MARKOFPROVIDER'

const NAMES = [
  'Alert-Info',
  'Call-Info',
  'Date',
  'Diversion',
  'Error-Info',
  'History-Info',
  'Organization',
  'P-Access-Network-Info',
].concat(
  ['P-Asserted-Identity', 'P-Preferred-Identity', 'P-RTP-Stat', 'Referred-By', 'Remote-Party-ID', 'Reply-To', 'Server'],
  [
    'Session-ID',
    'Timestamp',
    'User-Agent',
    'User-to-User',
    'Warning',
    'X-Inside',
    'Content-Disposition',
    'Geolocation',
    'In-Reply-To',
  ],
)

let world: OutsideWorld
let wires: WireWorld
let peer: HostilePeer
let alice: ScriptedPhone
let bob: ScriptedPhone
const heardBy = new Map<ScriptedPhone, string[]>()

function hostileValue(mark: string): string {
  return `"${mark}" <sip:${mark}@10.99.98.97>;x="${mark}\u00e2\u0080\u00a8X-Evil: ${mark}"`
}

function planted(mark: string): HeaderPair[] {
  return NAMES.map(name => [name, hostileValue(mark)])
}

const lines = (mark: string): string[] => planted(mark).map(([name, value]) => `${name}: ${value}`)

/** With a marker wherever a session description has room for words. */
function talkative(text: string, mark: string): string {
  const attributes = [
    `a=tool:${mark}`,
    `a=x-inside:${mark}`,
    `a=candidate:1 1 UDP 2130706431 10.99.98.97 5004 typ host ${mark}`,
    'a=rtcp:5005 IN IP4 10.99.98.97',
    `a=ice-ufrag:${mark}`,
    `a=ssrc:1 cname:${mark}`,
    `a=label:${mark}`,
    `a=fmtp:101 <${mark}>`,
  ]
  return `${text.replace(/^s=.*$/m, `s=${mark}\r\ni=${mark}\r\nu=http://${mark}.invalid/\r\ne=${mark}@x.invalid`)}${attributes.join('\r\n')}\r\n`
}

async function phoneThatTells(number: string): Promise<ScriptedPhone> {
  const phone = await wires.phone(number)
  const wire = wires.wireOf(phone.flow)
  const take = wire.receive
  const heard: string[] = []
  heardBy.set(phone, heard)
  wire.receive = message => {
    heard.push(serialise(message).toString('latin1'))
    take(message)
  }
  return phone
}

function assertNothingOf(marks: readonly string[], heard: readonly string[]): void {
  assert.ok(heard.length > 0, 'nothing was heard')
  const text = heard.join('\n')
  for (const mark of [...marks, '10.99.98.97', 'X-Evil']) {
    const at = text.indexOf(mark)
    assert.equal(at, -1, `it crossed: ${text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at))}`)
  }
  assert.doesNotMatch(text, PRODUCT)
}

before(async () => {
  world = await startOutsideWorld('topology')
  wires = new WireWorld(world.system)
  peer = await startHostilePeer('TLS', '127.0.0.47')
  world.cleanUp.push(peer.stop)
  alice = await phoneThatTells('101')
  bob = await phoneThatTells('102')
  accepted(await world.operations.numberAdd({ e164: OWNED, target: 'extension:101' }))
  const { address: host, port } = peer
  const certificateAuthority = peer.caPem ?? null
  accepted(
    await world.operations.trunkAdd({ name: 'talkative', host, port, certificateAuthority, sources: [`${host}/32`] }),
  )
  await world.trunkIs('talkative', 'up')
})

after(() => world?.stop())

const mine = (phone: ScriptedPhone, mark: string): readonly string[] => [mark, phone.username, phone.userAgent]

test('a call to a provider, changed from both sides: neither hears anything of the other', {
  timeout: 60_000,
}, async () => {
  const mark = 'MARKOFALICE'
  const reply = (heard: Heard): void =>
    peer.answer(heard, 200, {
      headers: lines(PROVIDER),
      reason: PROVIDER,
      body: talkative(decentAnswer(heard, peer.address), PROVIDER),
    })
  peer.play({
    INVITE(heard) {
      if (/^To:.*;tag=/im.test(heard.text)) return reply(heard)
      peer.answer(heard, 183, {
        headers: lines(PROVIDER),
        reason: PROVIDER,
        body: talkative(decentAnswer(heard, peer.address), PROVIDER),
      })
      reply(heard)
    },
    INFO: heard => peer.answer(heard, 200, { headers: lines(PROVIDER), reason: PROVIDER, body: PROVIDER }),
    UPDATE: reply,
    BYE: heard => peer.answer(heard, 200, { headers: lines(PROVIDER), reason: PROVIDER }),
  })
  const from = heardBy.get(alice)!.length
  const invite = await alice.call(OUTSIDE_DIALLED, { headers: planted(mark), body: talkative(sdp(mark), mark) })
  const early = await alice.expectAny()
  if (early.kind === 'response' && early.status === 100) await alice.expectResponse(183)
  const caller = await invite.answered()
  const dtmf = { body: `Signal=5\r\nDuration=160\r\nX-Evil: ${mark}\r\n`, contentType: 'application/dtmf-relay' }
  await caller.exchange('INFO', 200, { headers: planted(mark), ...dtmf })
  await caller.exchange('INFO', 415, { headers: planted(mark), body: mark, contentType: 'application/x-inside' })
  await caller.exchange('INVITE', 200, {
    headers: planted(mark),
    body: talkative(sdp(mark, 'sendonly', 'RTP/SAVP', 2), mark),
  })
  const first = await peer.waitFor(({ method }) => method === 'INVITE', 5_000, 'an INVITE')
  for (const method of ['MESSAGE', 'INFO', 'NOTIFY', 'X-INSIDE']) {
    const answers = peer.heard.filter(({ status }) => status !== undefined).length
    peer.request(first, method, { headers: [...lines(PROVIDER), 'Event: talk'], body: PROVIDER })
    await eventually(
      () => peer.heard.filter(({ status }) => status !== undefined).length > answers,
      5_000,
      `an answer to ${method}`,
    )
  }
  await caller.exchange('BYE', 200, { headers: [...planted(mark), ['Reason', `Q.850;cause=16;text="${mark}"`]] })
  await peer.waitFor(({ method }) => method === 'BYE', 5_000, 'a BYE')
  const inside = [...mine(alice, mark), invite.callId, invite.fromTag, alice.account.organisation.domain, 'Extension']
  const requests = peer.heard.filter(({ status }) => status === undefined).map(({ text }) => text)
  assertNothingOf(inside, requests)
  // Of an answer, what the provider itself wrote is its own.
  const answered = peer.heard.filter(({ status }) => status !== undefined).map(({ text }) => text)
  assertNothingOf(mine(alice, mark), answered)
  const outside = [PROVIDER, 'hostile', peer.address, first.header('Call-ID')!]
  // What it heard of itself is its own: From, Call-ID and Via come back.
  assertNothingOf(outside, heardBy.get(alice)!.slice(from))
})

for (const status of [302, 404, 486, 503, 603]) {
  test(`a provider refuses with ${status}: the phone hears a number`, { timeout: 30_000 }, async () => {
    const contact = `Contact: <sip:${PROVIDER}@10.99.98.97>`
    peer.play({
      INVITE: heard => peer.answer(heard, status, { headers: [...lines(PROVIDER), contact], reason: PROVIDER }),
    })
    const from = heardBy.get(alice)!.length
    const invite = await alice.call(OUTSIDE_DIALLED, { headers: planted('MARKOFALICE') })
    let heard = await alice.expectAny()
    while (heard.kind === 'response' && heard.status < 200) heard = await alice.expectAny()
    assert.ok(heard.kind === 'response' && heard.status >= 300)
    invite.acknowledge(heard)
    assert.ok(
      peer.heard.some(({ method }) => method === 'INVITE'),
      'the provider was not asked',
    )
    assertNothingOf([PROVIDER, 'hostile', peer.address], heardBy.get(alice)!.slice(from))
  })
}

test('between two phones: each hears the number and the name of the other, and nothing else', {
  timeout: 30_000,
}, async () => {
  const [ours, theirs] = ['MARKOFALICE', 'MARKOFBOB']
  const from = [heardBy.get(alice)!.length, heardBy.get(bob)!.length] as const
  const invite = await alice.call('102', { headers: planted(ours), body: talkative(sdp(ours), ours) })
  const ringing = await bob.ringing()
  ringing.respond(180, { headers: planted(theirs) })
  const answer = talkative(sdpAnswer(theirs, ringing.request.body), theirs)
  await ringing.answer({ headers: planted(theirs), body: answer })
  let progress = await alice.expectAny()
  while (progress.kind === 'response' && progress.status < 180) progress = await alice.expectAny()
  const caller = await invite.answered()
  caller.send('BYE', { headers: planted(ours) })
  await alice.expectResponse(200)
  const bye = await bob.expectRequest('BYE')
  bob.respond(bye, 200, '', { headers: planted(theirs) })
  assertNothingOf([...mine(alice, ours), invite.callId, invite.fromTag], heardBy.get(bob)!.slice(from[1]))
  assertNothingOf([...mine(bob, theirs), ringing.request.callId, ringing.tag], heardBy.get(alice)!.slice(from[0]))
})
