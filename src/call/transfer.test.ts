/** Transfers: blind, attended, while the other phone still rings, by Replaces; done, refused, and broken off. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallWorld, NOTHING_LEFT } from '../../test/support/call-world.ts'
import type { PhoneCall, ScriptedPhone } from '../../test/support/scripted-phone.ts'
import { sdp } from '../../test/support/scripted-phone.ts'
import { formatReplaces } from '../sip/dialog/replaces.ts'
import type { SipRequest } from '../sip/message/types.ts'

interface Trio {
  readonly world: CallWorld
  readonly alice: ScriptedPhone
  readonly bob: ScriptedPhone
  readonly carol: ScriptedPhone
  readonly caller: PhoneCall
  readonly callee: PhoneCall
}

async function connect(world: CallWorld, from: ScriptedPhone, to: ScriptedPhone) {
  const invite = await from.call(to.account.extension.number)
  const callee = await (await to.ringing()).answer()
  const caller = await invite.answered()
  await world.settle()
  return { caller, callee }
}

/** Alice (101) calls bob (102); carol (103) is idle. */
async function trio(): Promise<Trio> {
  const world = new CallWorld()
  const [alice, bob, carol] = [world.phone('101'), world.phone('102'), world.phone('103')]
  return { world, alice, bob, carol, ...(await connect(world, alice, bob)) }
}

async function notified(call: PhoneCall, status: number, state: 'active' | 'terminated'): Promise<SipRequest> {
  const notify = await call.obey('NOTIFY')
  assert.match(Buffer.from(notify.body).toString(), new RegExp(`^SIP/2.0 ${status} `))
  assert.ok(notify.header('Subscription-State')!.startsWith(state))
  assert.equal(notify.contentType, 'message/sipfrag')
  return notify
}

async function refer(call: PhoneCall, target: string, status = 202): Promise<void> {
  await call.exchange('REFER', status, { headers: [['Refer-To', `<${target}>`]] })
}

function replacesOf(call: PhoneCall): string {
  const { callId, localTag, remoteTag } = call.dialog
  return formatReplaces({ callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false })
}

test('blind: bob sends alice to carol; alice talks to carol, bob is told and hung up', async () => {
  const { world, bob, alice, carol, caller, callee } = await trio()
  await refer(callee, 'sip:103@example.com')
  await notified(callee, 100, 'active')
  const bell = await carol.ringing()
  assert.equal(bell.request.header('From')?.split(';')[0], '"Extension 101" <sip:101@example.com>')
  assert.match(bell.request.body.toString(), /bridge2b/)
  bell.respond(180)
  await notified(callee, 180, 'active')
  const third = await bell.answer()
  const offer = await caller.reinvited(sdp(`${alice.username}-again`))
  assert.match(offer.body.toString(), /bridge2a/)
  // The o= line that alice knows goes on, though another bridge speaks (RFC 3264 §8).
  assert.match(offer.body.toString(), /o=ringfence 11 2 /)
  await notified(callee, 200, 'terminated')
  await callee.obey('BYE')
  await bob.expectSilence()
  const [live] = world.calls.live()
  assert.deepEqual([live?.from, live?.to, live?.state], ['101', '103', 'answered'])
  assert.equal(world.media.bridgeCount, 1)
  const [moved] = world.eventsOf('call.transferred')
  assert.deepEqual([moved?.data.by, moved?.data.to, moved?.data.attended], ['102', '103', false])
  await caller.hangUp()
  await third.obey('BYE')
  const records = world.records.latest()
  assert.deepEqual(
    records.map(record => record.end?.cause),
    ['transferred', 'normal'],
  )
  assert.equal(records[1]?.transferredFrom, records[0]?.id)
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('blind, by the caller: bob is sent to carol', async () => {
  const { world, carol, caller, callee } = await trio()
  await refer(caller, 'sip:103@example.com')
  await notified(caller, 100, 'active')
  await (await carol.ringing()).answer()
  await callee.reinvited(sdp('bob-again'))
  await notified(caller, 200, 'terminated')
  await caller.obey('BYE')
  assert.deepEqual([world.calls.live()[0]?.from, world.calls.live()[0]?.to], ['102', '103'])
  await callee.hangUp()
  await carol.expectRequest('BYE')
})

test('blind: the transferor pays, and admission is asked', async () => {
  const { world, bob, callee } = await trio()
  world.admission.asked.length = 0
  world.admission.verdict = { verdict: 'refuse', sipCode: 403, rule: 'budget', reason: 'spent' }
  await refer(callee, 'sip:103@example.com')
  await notified(callee, 100, 'active')
  await notified(callee, 403, 'terminated')
  assert.equal(world.admission.asked[0]?.extensionId, bob.account.extension.id)
  assert.equal(world.calls.liveCount, 1)
})

for (const [what, target, status] of [
  ['an unknown number', 'sip:999@example.com', 404],
  ['nobody registered', 'sip:104@example.com', 480],
] as const) {
  test(`blind to ${what}: told ${status}, the call goes on`, async () => {
    const { world, callee, caller } = await trio()
    world.phone('104', { registered: false })
    await refer(callee, target)
    await notified(callee, 100, 'active')
    await notified(callee, status, 'terminated')
    await callee.hangUp()
    await caller.obey('BYE')
    assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
  })
}

test('blind: carol is busy; bob and alice go on talking', async () => {
  const { world, carol, caller, callee } = await trio()
  await refer(callee, 'sip:103@example.com')
  await notified(callee, 100, 'active')
  await (await carol.ringing()).refuse(486)
  await notified(callee, 486, 'terminated')
  assert.equal(world.calls.live()[0]?.state, 'answered')
  assert.equal(world.records.latest()[1]?.end?.cause, 'busy')
  await callee.hangUp()
  await caller.obey('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('blind: bob hangs up as soon as his REFER is accepted; alice is kept, and gets carol', async () => {
  const { world, carol, caller, callee } = await trio()
  await refer(callee, 'sip:103@example.com')
  await notified(callee, 100, 'active')
  const bell = await carol.ringing()
  await callee.hangUp()
  bell.respond(180)
  await bell.answer()
  await caller.reinvited(sdp('alice-again'))
  await world.settle()
  assert.deepEqual([world.calls.live()[0]?.to, world.calls.liveCount], ['103', 1])
  assert.equal(world.records.latest()[0]?.end?.cause, 'transferred')
  await caller.hangUp()
  await carol.expectRequest('BYE')
})

test('blind: bob hangs up, carol refuses: alice is not left alone', async () => {
  const { world, carol, caller, callee } = await trio()
  await refer(callee, 'sip:103@example.com')
  await notified(callee, 100, 'active')
  const bell = await carol.ringing()
  await callee.hangUp()
  await bell.refuse(603)
  await caller.obey('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('blind: alice hangs up while carol rings: carol stops ringing, bob gets BYE', async () => {
  const { world, carol, caller, callee } = await trio()
  await refer(callee, 'sip:103@example.com')
  await notified(callee, 100, 'active')
  const bell = await carol.ringing()
  bell.respond(180)
  await notified(callee, 180, 'active')
  await caller.hangUp()
  await bell.cancelled()
  await callee.phone.flush()
  assert.deepEqual(
    world.records.latest().map(record => record.end?.cause),
    ['normal', 'cancelled'],
  )
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('blind: alice refuses the new media: carol gets BYE, bob hears of it, the old call goes on', async () => {
  const { world, alice, carol, caller, callee } = await trio()
  await refer(callee, 'sip:103@example.com')
  await notified(callee, 100, 'active')
  const third = await (await carol.ringing()).answer()
  alice.respond(await alice.expectRequest('INVITE'), 500, '')
  await alice.expect('ACK')
  await third.obey('BYE')
  await notified(callee, 500, 'terminated')
  assert.equal(world.calls.liveCount, 1)
  await caller.hangUp()
  await callee.obey('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('blind: nobody answers within the ring time: told 480', async () => {
  const { world, carol, callee } = await trio()
  await refer(callee, 'sip:103@example.com')
  await notified(callee, 100, 'active')
  const bell = await carol.ringing()
  bell.respond(180)
  await notified(callee, 180, 'active')
  await world.pass(120_000)
  await bell.cancelled()
  await notified(callee, 480, 'terminated')
})

test('a held party is offered the new media to talk on, not to be silent', async () => {
  const { alice, bob, carol, caller, callee } = await trio()
  const request = callee.send('INVITE', { body: sdp(bob.username, 'sendonly') })
  await caller.reinvited(sdp(alice.username, 'recvonly'))
  await bob.expectResponse(200)
  callee.acknowledge(request.cseq.number)
  await refer(callee, 'sip:103@example.com')
  await notified(callee, 100, 'active')
  const bell = await carol.ringing()
  assert.match(bell.request.body.toString(), /a=sendrecv/)
})

test('attended: bob consults carol, then joins alice and carol', async () => {
  const { world, alice, bob, carol, caller, callee } = await trio()
  const consultation = await connect(world, bob, carol)
  const replaces = encodeURIComponent(replacesOf(consultation.caller))
  await refer(callee, `sip:103@example.com?Replaces=${replaces}`)
  await notified(callee, 100, 'active')
  const offer = await consultation.callee.reinvited(sdp(`${carol.username}-again`))
  assert.match(offer.body.toString(), /bridge3b/)
  const second = await caller.reinvited(sdp(`${alice.username}-again`))
  assert.match(second.body.toString(), /bridge3a/)
  await notified(callee, 200, 'terminated')
  await callee.obey('BYE')
  await consultation.caller.obey('BYE')
  assert.deepEqual([world.calls.live()[0]?.from, world.calls.live()[0]?.to, world.calls.liveCount], ['101', '103', 1])
  assert.equal(world.media.bridgeCount, 1)
  assert.equal(world.eventsOf('call.transferred')[0]?.data.attended, true)
  await consultation.callee.hangUp()
  await caller.obey('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
  assert.deepEqual(
    world.records.latest().map(record => record.end?.cause),
    ['transferred', 'transferred', 'normal'],
  )
})

test('attended: the record of the new call is durable before anybody is re-INVITEd; a store that is gone stops it', async () => {
  const { world, alice, bob, carol, callee } = await trio()
  const consultation = await connect(world, bob, carol)
  world.records.broken = true
  await refer(callee, `sip:103@example.com?Replaces=${encodeURIComponent(replacesOf(consultation.caller))}`)
  await notified(callee, 100, 'active')
  await notified(callee, 503, 'terminated')
  await alice.expectSilence()
  await carol.expectSilence()
  assert.equal(world.calls.liveCount, 2)
})

test('attended: alice refuses; carol is brought back to bob, and both calls go on', async () => {
  const { world, alice, bob, carol, callee } = await trio()
  const consultation = await connect(world, bob, carol)
  await refer(callee, `sip:103@example.com?Replaces=${encodeURIComponent(replacesOf(consultation.caller))}`)
  await notified(callee, 100, 'active')
  await consultation.callee.reinvited(sdp(`${carol.username}-moved`))
  alice.respond(await alice.expectRequest('INVITE'), 488, '')
  await alice.expect('ACK')
  const back = await consultation.callee.reinvited(sdp(`${carol.username}-back`))
  assert.match(back.body.toString(), /bridge2b/)
  await notified(callee, 488, 'terminated')
  await world.settle()
  assert.equal(world.calls.liveCount, 2)
  assert.equal(world.media.bridgeCount, 2)
})

test('attended with a Replaces that names nothing, or another extension’s call: told 481', async () => {
  const { world, callee } = await trio()
  const [dave, erin] = [world.phone('104'), world.phone('105')]
  const foreign = await connect(world, dave, erin)
  for (const replaces of ['nothing;to-tag=1;from-tag=2', replacesOf(foreign.caller)]) {
    await refer(callee, `sip:103@example.com?Replaces=${encodeURIComponent(replaces)}`)
    await notified(callee, 100, 'active')
    await notified(callee, 481, 'terminated')
  }
  assert.equal(world.calls.liveCount, 2)
})

test('attended while the consulted phone still rings: the transferred party rings there instead', async () => {
  const { world, bob, carol, caller, callee } = await trio()
  const consultation = await bob.call('103')
  const first = await carol.ringing()
  first.respond(180)
  const ringing = await bob.expectResponse(180)
  const replaces = `${consultation.callId};to-tag=${ringing.toTag};from-tag=${consultation.fromTag}`
  callee.send('REFER', { headers: [['Refer-To', `<sip:103@example.com?Replaces=${encodeURIComponent(replaces)}>`]] })
  await bob.expectResponse(202)
  await notified(callee, 100, 'active')
  await consultation.refused(487)
  carol.respond(await carol.expectRequest('CANCEL'), 200, '')
  const second = await carol.ringing()
  await first.refuse(487)
  await second.answer()
  await caller.reinvited(sdp('alice-again'))
  await notified(callee, 200, 'terminated')
  assert.deepEqual([world.calls.live().at(-1)?.from, world.calls.live().at(-1)?.to], ['101', '103'])
})

test('REFER that is malformed, not a call, or abroad: 400, 603, 603; while one is under way: 491', async () => {
  const { world, callee } = await trio()
  world.addOrganisation('other.example')
  await callee.exchange('REFER', 400)
  await refer(callee, 'sip:103@example.com;method=BYE', 603)
  await refer(callee, 'tel:+4930', 603)
  await refer(callee, 'sip:103@other.example', 603)
  await refer(callee, 'sip:103@example.com')
  await notified(callee, 100, 'active')
  await refer(callee, 'sip:103@example.com', 491)
})

test('Refer-Sub: false: no NOTIFY (RFC 4488)', async () => {
  const { world, carol, caller, callee } = await trio()
  const headers = [
    ['Refer-To', '<sip:103@example.com>'],
    ['Refer-Sub', 'false'],
  ] as const
  const response = await callee.exchange('REFER', 202, { headers })
  assert.equal(response.header('Refer-Sub'), 'false')
  await (await carol.ringing()).answer()
  await caller.reinvited(sdp('alice-again'))
  await callee.obey('BYE')
  assert.equal(world.calls.liveCount, 1)
})

test('INVITE with Replaces: carol takes bob’s place', async () => {
  const { world, bob, carol, caller, callee } = await trio()
  // Seen from bob's end: to-tag is ours, from-tag is his.
  const headers = [
    ['Replaces', replacesOf(callee)],
    ['Require', 'replaces'],
  ] as const
  const invite = await carol.call('102', { body: sdp(carol.username), headers })
  const offer = await caller.reinvited(sdp('alice-again'))
  assert.match(offer.body.toString(), /bridge2b/)
  const third = await invite.answered()
  const bye = await callee.obey('BYE')
  assert.match(bye.header('Reason')!, /Replaced/)
  await bob.expectSilence()
  assert.deepEqual([world.calls.live()[0]?.from, world.calls.live()[0]?.to], ['103', '101'])
  assert.equal(world.records.latest()[0]?.end?.cause, 'replaced')
  await third.hangUp()
  await caller.obey('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('INVITE with Replaces: unknown 481, early-only of an answered call 486, of another organisation 481, malformed 400', async () => {
  const { world, carol, callee } = await trio()
  const other = world.addOrganisation('other.example')
  const stranger = world.phone('500', { organisation: other })
  const attempts: readonly (readonly [ScriptedPhone, string, number])[] = [
    [carol, 'nothing;to-tag=1;from-tag=2', 481],
    [carol, `${replacesOf(callee)};early-only`, 486],
    [stranger, replacesOf(callee), 481],
    [carol, 'nothing', 400],
  ]
  for (const [phone, replaces, status] of attempts) {
    const invite = await phone.call('102', { body: sdp('x'), headers: [['Replaces', replaces]] })
    await invite.refused(status)
  }
  assert.equal(world.calls.liveCount, 1)
})

test('INVITE with Replaces: the remaining party refuses the new media; the old call goes on', async () => {
  const { world, alice, carol, callee } = await trio()
  const invite = await carol.call('102', { body: sdp('carol'), headers: [['Replaces', replacesOf(callee)]] })
  alice.respond(await alice.expectRequest('INVITE'), 488, '')
  await alice.expect('ACK')
  await invite.refused(488)
  assert.equal(world.calls.liveCount, 1)
  await alice.flush()
  await world.settle()
})
