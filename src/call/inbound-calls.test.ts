/** Calls from outside: whom they reach, who is shown, and what is not believed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeaderPair } from '../sip/message/build.ts'
import type { Verification } from '../stir/types.ts'
import { NOTHING_LEFT } from '../../test/support/call-world.ts'
import { OutsideWorld, type WorldTrunk } from '../../test/support/outside-world.ts'
import { sdp } from '../../test/support/scripted-phone.ts'

const OURS = '+493055501'
const CALLER = '+4930901820'

/** An INVITE of the provider's, without credentials. */
function bring(trunk: WorldTrunk, called = OURS, caller = CALLER, headers: readonly HeaderPair[] = []) {
  const invite = trunk.peer.invite(`sip:${called}@sbc.example.com`, {
    from: `sip:${caller}@first.example`,
    body: sdp('trunk'),
    headers,
  })
  invite.transmit()
  return invite
}

test('a number of ours rings the phones of its extension, with the number of the caller', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.number(OURS, { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  const invite = bring(trunk)
  const ringing = await alice.ringing()
  assert.match(ringing.request.header('From') ?? '', /<sip:\+4930901820@example\.com>;tag=/)
  assert.equal(ringing.request.header('To'), `<sip:${OURS}@example.com>`)
  await ringing.answer()
  await (await invite.answered()).hangUp()
  await alice.expectRequest('BYE')
  const [record] = world.records.latest()
  assert.equal(record?.from, CALLER)
  assert.equal(record?.legs[0]?.trunk, 'first')
  assert.equal(trunk.live, 0)
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('a number that leads to an exchange reaches it as the exchange wants it written, however it came', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  const pbx = world.trunk('pbx', { purpose: 'pbx', numberFormat: 'national' })
  world.number(OURS, { kind: 'trunk', name: 'pbx' })
  bring(trunk, OURS.slice(1))
  assert.match((await pbx.peer.ringing()).request.requestUriText, /^sip:03055501@pbx\.example/)
  const alice = world.phone('101')
  await alice.call('0049 30 55501'.replaceAll(' ', ''))
  assert.match((await pbx.peer.ringing()).request.requestUriText, /^sip:03055501@pbx\.example/)
})

test('a number of ours that is dialled inside leads where it leads at this time', async () => {
  const world = new OutsideWorld()
  world.number(OURS, { kind: 'extension', number: '102' }, { afterHours: { kind: 'extension', number: '103' } })
  const today = new Date(world.clock.now()).toISOString().slice(0, 10)
  world.outside.calling = { schedule: { timeZone: 'UTC', hours: [], holidays: [today] } }
  const [alice, bob, carol] = [world.phone('101'), world.phone('102'), world.phone('103')]
  await alice.call(OURS)
  await carol.ringing()
  await bob.expectSilence()
})

test('a number that is not ours gets 404, and is told of', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.phone('101')
  bring(trunk, '101')
  await trunk.peer.expectResponse(404)
  assert.equal(world.eventsOf('call.refused')[0]?.data.rule, 'CALL_UNKNOWN_NUMBER')
})

test('a provider cannot call out through us: a foreign number leads nowhere', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  const second = world.trunk('second')
  bring(trunk, '+881612345678')
  await trunk.peer.expectResponse(404)
  await second.peer.expectSilence()
})

test('P-Asserted-Identity counts before From; who withholds it is anonymous', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.number(OURS, { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  bring(trunk, OURS, 'trunkaccount', [['P-Asserted-Identity', '<sip:+4930901821@first.example>']])
  assert.match((await alice.ringing()).request.header('From') ?? '', /<sip:\+4930901821@example\.com>/)
  bring(trunk, OURS, CALLER, [['Privacy', 'id']])
  assert.match((await alice.ringing()).request.header('From') ?? '', /^"Anonymous" <sip:anonymous@anonymous\.invalid>/)
})

test('an extension that takes no anonymous callers says so with 433', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.number(OURS, { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  world.calling(alice.account.extension, { anonymous: 'reject' })
  bring(trunk, OURS, 'anonymous')
  await trunk.peer.expectResponse(433)
  await alice.expectSilence()
})

test('a number of ours from outside is not shown as the caller, and is an event', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.number(OURS, { kind: 'extension', number: '101' })
  world.number('+493055502', { kind: 'extension', number: '102' })
  const alice = world.phone('101')
  bring(trunk, OURS, '+493055502')
  const { request } = await alice.ringing()
  assert.match(request.header('From') ?? '', /^"Unverified: \+493055502" <sip:anonymous@anonymous\.invalid>/)
  assert.equal(world.eventsOf('caller-identity.spoofed')[0]?.data.claimed, '+493055502')
})

test('a signature that is wrong is an event; one that is right is in the record', async () => {
  const found: { value: Verification } = { value: verification('failed', undefined) }
  const verifier = { verify: async () => found.value }
  const world = new OutsideWorld({ callerIdentity: { signer: undefined, verifier } })
  const trunk = world.trunk('first')
  world.number(OURS, { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  bring(trunk)
  assert.match((await alice.ringing()).request.header('From') ?? '', /Unverified/)
  assert.equal(world.eventsOf('caller-identity.spoofed').length, 1)
  found.value = verification('passed', 'A')
  const invite = bring(trunk)
  await (await alice.ringing()).answer()
  await (await invite.answered()).hangUp()
  await world.settle()
  assert.equal(world.records.latest().at(-1)?.legs[0]?.attestation, 'A')
})

function verification(outcome: 'passed' | 'failed', attestation: 'A' | undefined): Verification {
  return { outcome, attestation, fault: undefined, detail: outcome, signedBy: undefined, originId: undefined }
}

test('a trunk that has no room for another call gets 503', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  trunk.room = 0
  world.number(OURS, { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  bring(trunk)
  await trunk.peer.expectResponse(503)
  await alice.expectSilence()
})

test('a forward to the outside is closed as long as the organisation has not opened it', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.number(OURS, { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  world.calling(alice.account.extension, { forwardAlways: { kind: 'external', e164: '+4915112345678' } })
  const refused = bring(trunk)
  refused.acknowledge(await trunk.peer.expectResponse(480))
  assert.equal(world.eventsOf('call.refused')[0]?.data.rule, 'CALL_FORWARDING_CLOSED')
  world.outside.calling = { offNetForwarding: true }
  bring(trunk)
  const forwarded = await trunk.peer.ringing()
  assert.equal(forwarded.request.requestUriText, 'sip:+4915112345678@first.example;user=phone')
  assert.equal(
    world.admission.asked.at(-1)?.extensionId,
    alice.account.extension.id,
    'charged to the one that forwards',
  )
  assert.equal(world.admission.asked.at(-1)?.cause, 'forwarded')
})

test('a provider may not transfer a call of ours', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.number(OURS, { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  const invite = bring(trunk)
  await (await alice.ringing()).answer()
  const call = await invite.answered()
  call.send('REFER', { headers: [['Refer-To', '<sip:+4915112345678@example.com>']] })
  await trunk.peer.expectResponse(603)
})

test('a trunk has no dialog to replace: 481', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.number(OURS, { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  bring(trunk, OURS, CALLER, [['Replaces', 'call;to-tag=a;from-tag=b']])
  await trunk.peer.expectResponse(481)
  await alice.expectSilence()
})

test('a callee that hangs up before the caller has heard of its answer has declined', async () => {
  const world = new OutsideWorld()
  const release = world.records.hold()
  const alice = world.phone('101')
  const bob = world.phone('102')
  await alice.call('102')
  const call = await (await bob.ringing()).answer()
  await call.hangUp()
  release()
  await alice.expectResponse(480)
  assert.deepEqual(world.records.latest()[0]?.end, { side: 'callee', cause: 'declined', sipCode: 480 })
})

test('a caller from outside is not transferred to the outside, unless the organisation has opened that', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.number(OURS, { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  const invite = bring(trunk)
  const there = await (await alice.ringing()).answer()
  await invite.answered()
  await there.exchange('REFER', 202, { headers: [['Refer-To', '<sip:015112345678@example.com>']] })
  await world.settle()
  assert.equal(world.eventsOf('call.refused')[0]?.data.rule, 'CALL_TRANSFER_CLOSED')
  await trunk.peer.expectSilence()
  world.outside.calling = { offNetForwarding: true }
  alice.drain()
  const again = there.send('REFER', { headers: [['Refer-To', '<sip:015112345678@example.com>']] })
  assert.ok(again)
  await trunk.peer.expectRequest('INVITE')
})
