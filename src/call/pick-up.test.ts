/** Picking up a call that rings, and offers before the answer: nothing is left behind, however they end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallWorld, NOTHING_LEFT } from '../../test/support/call-world.ts'
import { agreedEarly } from '../../test/support/early-calls.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import { type OutgoingInvite, type ScriptedPhone, sdp } from '../../test/support/scripted-phone.ts'

async function ringing() {
  const world = new CallWorld()
  const [alice, bob, carol] = [world.phone('101'), world.phone('102'), world.phone('103')]
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expectResponse(180)
  const { callId, localTag, remoteTag } = bell.dialog
  const replaces: HeaderPair = ['Replaces', `${callId};to-tag=${remoteTag};from-tag=${localTag}`]
  const pickUp = (phone: ScriptedPhone = carol): Promise<OutgoingInvite> => phone.call('102', { headers: [replaces] })
  return { world, alice, bob, carol, invite, bell, pickUp }
}

test('picked up: the record names who answered, and nothing is left at the end', async () => {
  const { world, invite, bell, pickUp } = await ringing()
  const pickup = await pickUp()
  const taken = await pickup.answered()
  const caller = await invite.answered()
  await bell.cancelled()
  const [record] = world.records.latest()
  assert.deepEqual(
    record?.legs.map(leg => leg.number),
    ['101', '103'],
  )
  assert.equal(world.eventsOf('call.answered').length, 1)
  await taken.hangUp()
  await caller.obey('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('no answer reaches either phone before the record is durable', async () => {
  const { world, alice, carol, invite, bell, pickUp } = await ringing()
  const release = world.records.hold()
  const pickup = await pickUp()
  await bell.cancelled()
  await alice.expectSilence()
  await carol.expectSilence()
  release()
  const taken = await pickup.answered()
  await (await invite.answered()).hangUp()
  await taken.obey('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('a record that cannot be written: 503 to the caller, and the one that picks up is refused', async () => {
  const { world, invite, bell, pickUp } = await ringing()
  world.records.broken = true
  const pickup = await pickUp()
  await bell.cancelled()
  await invite.refused(503)
  await pickup.refused(487)
  world.records.broken = false
  // The one failure is that of the record, which was told.
  assert.deepEqual(await world.leftovers(), { ...NOTHING_LEFT, failures: 1 })
})

test('either gives up while the record is written', async () => {
  for (const who of ['caller', 'picker'] as const) {
    const { world, alice, carol, invite, bell, pickUp } = await ringing()
    const release = world.records.hold()
    const pickup = await pickUp()
    await bell.cancelled()
    const gone = who === 'caller' ? invite : pickup
    gone.cancel()
    await (who === 'caller' ? alice : carol).expectResponse(200)
    release()
    await invite.refused(who === 'caller' ? 487 : 480)
    await pickup.refused(487)
    assert.deepEqual(await world.leftovers(), NOTHING_LEFT, who)
  }
})

test('two phones pick up at once: one has it, the other hears 481', async () => {
  const { world, invite, bell, pickUp } = await ringing()
  const dave = world.phone('104')
  const [first, second] = await Promise.all([pickUp(), pickUp(dave)])
  const taken = await first.answered()
  const caller = await invite.answered()
  await bell.cancelled()
  await second.refused(481)
  await taken.hangUp()
  await caller.obey('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('another organisation cannot pick up what it has no business with', async () => {
  const { world, invite, bell, pickUp } = await ringing()
  const stranger = world.phone('101', { organisation: world.addOrganisation('other.example') })
  await (await pickUp(stranger)).refused(481)
  invite.cancel()
  await invite.phone.expectResponse(200)
  await bell.cancelled()
  await invite.refused(487)
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('the caller gives up while its early offer waits for the callee', async () => {
  const world = new CallWorld()
  const [alice, bob] = [world.phone('101'), world.phone('102')]
  const call = await agreedEarly(alice, bob, '102')
  call.caller.send('UPDATE', { body: sdp('alice2') })
  const passed = await bob.expectRequest('UPDATE')
  call.invite.cancel()
  await alice.flush()
  await call.ring.cancelled()
  bob.respond(passed, 481, '')
  await world.settle()
  for (const message of alice.drain())
    if (message.kind === 'response' && message.status === 487) call.invite.acknowledge(message)
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})
