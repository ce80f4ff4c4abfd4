/** Who pays for a leg to the outside, whoever else had a hand in it, and that his cap and his suspension are the ones that count. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { microsOf } from '../../src/fraud/rating/money.ts'
import { formatReplaces } from '../../src/sip/dialog/replaces.ts'
import type { SipMessage } from '../../src/sip/message/types.ts'
import { FraudWorld } from '../support/fraud-world.ts'
import { sdp } from '../support/scripted-phone.ts'

const AT_HOME = '030901820'
const MOBILE = '+4915112345678'
const OURS = '+493055501'

function payers(world: FraudWorld): readonly (readonly [string, string])[] {
  return world.charged.map(({ payer, to }) => [payer, to] as const)
}

function isInvite(message: SipMessage): boolean {
  return message.kind === 'request' && message.method === 'INVITE'
}

function worldWithTrunk() {
  const world = new FraudWorld()
  world.outside.calling = { offNetForwarding: true }
  return { world, trunk: world.trunk('first') }
}

test('in a chain of forwards the one that leads outside pays', async () => {
  const { world, trunk } = worldWithTrunk()
  const [alice, bob, carol] = [world.phone('101'), world.phone('102'), world.phone('103')]
  world.calling(bob.account.extension, { forwardAlways: { kind: 'extension', number: '103' } })
  world.calling(carol.account.extension, { forwardAlways: { kind: 'external', e164: MOBILE } })
  const invite = await alice.call('102')
  await (await trunk.peer.ringing()).answer()
  await (await invite.answered()).hangUp()
  await world.pass(1_000)
  assert.deepEqual(payers(world), [['103', MOBILE]])
  assert.ok(world.charged[0]!.cost > 0)
})

test('a forward has the cap of the one who set it: where that is used up, nobody is carried abroad by it', async () => {
  const { world, trunk } = worldWithTrunk()
  const [alice, bob] = [world.phone('101'), world.phone('102')]
  world.calling(bob.account.extension, { forwardAlways: { kind: 'external', e164: MOBILE } })
  world.policy = { extensionDayCaps: { '102': microsOf(0) } }
  await alice.call('102')
  await alice.expectResponse(403)
  assert.equal(trunk.peer.drain().length, 0)
  assert.equal(world.eventsOf('call.refused')[0]?.data.rule, 'FRAUD_CAP_EXTENSION_DAY')
  // His own cap is not touched.
  await alice.call(AT_HOME)
  assert.ok(await trunk.peer.ringing())
})

test('an attended transfer leaves the bill with the one who called outside, and his suspension ends it', async () => {
  const { world, trunk } = worldWithTrunk()
  const [alice, bob] = [world.phone('101'), world.phone('102')]
  const outward = await alice.call(AT_HOME)
  const far = await (await trunk.peer.ringing()).answer()
  const outside = await outward.answered()
  const asking = await alice.call('102')
  const near = await (await bob.ringing()).answer()
  const consultation = await asking.answered()
  await world.settle()
  const { callId, localTag: fromTag, remoteTag: toTag } = consultation.dialog
  const replaces = encodeURIComponent(formatReplaces({ callId, toTag, fromTag, earlyOnly: false }))
  await outside.exchange('REFER', 202, { headers: [['Refer-To', `<sip:102@example.com?Replaces=${replaces}>`]] })
  await outside.obey('NOTIFY')
  await near.reinvited(sdp('bob-again'))
  await far.reinvited(sdp('far-again'))
  await outside.obey('NOTIFY')
  await outside.obey('BYE')
  await consultation.obey('BYE')
  await world.settle()
  assert.equal(world.calls.live().length, 1)
  await world.pass(30_000)
  world.calls.endOutsideCallsOf(bob.account.extension.id)
  await world.settle()
  assert.equal(world.control.open, 1, 'it is not his')
  world.calls.endOutsideCallsOf(alice.account.extension.id)
  await world.settle()
  assert.equal(world.control.open, 0)
  assert.deepEqual(payers(world), [['101', '+4930901820']])
  assert.ok(world.charged[0]!.cost > 0)
})

test('a number of ours that leads outside pays for itself', async () => {
  const { world, trunk } = worldWithTrunk()
  world.number(OURS, { kind: 'external', e164: MOBILE })
  const incoming = trunk.peer.invite(`sip:${OURS}@sbc.example.com`, {
    from: 'sip:+4930901820@first.example',
    body: sdp('trunk'),
  })
  incoming.transmit()
  await (await trunk.peer.ringing()).answer()
  const call = await incoming.answered()
  await world.pass(20_000)
  await call.hangUp()
  await world.pass(1_000)
  assert.deepEqual(payers(world), [[`number:${OURS}`, MOBILE]])
  assert.ok(world.charged[0]!.cost > 0)
})

test('a call that goes to a second trunk is charged once, from the answer on', async () => {
  const { world, trunk } = worldWithTrunk()
  const second = world.trunk('second')
  const alice = world.phone('101')
  const invite = await alice.call(AT_HOME)
  await (await trunk.peer.ringing()).refuse(503)
  const ringing = await second.peer.ringing()
  await world.pass(2_000)
  await ringing.answer()
  const call = await invite.answered()
  for (let second = 0; second < 57; second++) await world.pass(1_000)
  await call.hangUp()
  await world.pass(1_000)
  assert.deepEqual(world.charged, [{ payer: '101', to: '+4930901820', cost: 20_000 }])
  assert.equal(world.control.open, 0)
})

test('two phones of one extension spend from one cap, and two extensions from that of the organisation', async () => {
  const { world, trunk } = worldWithTrunk()
  // A minute of each call, three times.
  world.policy = { caps: { ...capsOf(1_000_000), organisationDay: microsOf(60_000), extensionDay: microsOf(40_000) } }
  const phones = [world.phone('101'), world.phone('101'), world.phone('101'), world.phone('102'), world.phone('103')]
  const rules: (string | undefined)[] = []
  for (const phone of phones) {
    const before = world.eventsOf('call.refused').length
    const invite = await phone.call(AT_HOME)
    await world.settle()
    const bell = trunk.peer.drain().findLast(isInvite)
    if (bell?.kind === 'request') {
      trunk.peer.respond(bell, 200, phone.username, { body: sdp('far') })
      await invite.answered()
    }
    rules.push(world.eventsOf('call.refused')[before]?.data.rule)
  }
  const full = 'FRAUD_CAP_ORGANISATION_DAY'
  assert.deepEqual(rules, [undefined, undefined, 'FRAUD_CAP_EXTENSION_DAY', undefined, full])
})

function capsOf(amount: number) {
  const cap = microsOf(amount)
  return { call: cap, extensionDay: cap, organisationDay: cap, organisationMonth: cap, riskyDay: cap }
}
