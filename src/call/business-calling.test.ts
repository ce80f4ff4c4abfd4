/** Ring groups, forwards, do-not-disturb, pick-up by code, parking. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOTHING_LEFT } from '../../test/support/call-world.ts'
import { OutsideWorld } from '../../test/support/outside-world.ts'

test('a group rings all of its members that are free; do-not-disturb and talking ones are left alone', async () => {
  const world = new OutsideWorld()
  const caller = world.phone('100')
  const [a, b, c] = [world.phone('101'), world.phone('102'), world.phone('103')]
  world.calling(c.account.extension, { doNotDisturb: true })
  world.group('200', ['101', '102', '103', '104'])
  const invite = await caller.call('200')
  const first = await a.ringing()
  first.respond(180)
  await caller.expectResponse(180)
  await (await b.ringing()).answer()
  await first.cancelled()
  await c.expectSilence()
  const call = await invite.answered()
  await a.flush()
  const other = world.phone('105')
  await other.call('200')
  await a.ringing()
  await b.expectSilence()
  await call.hangUp()
})

test('in order: the next member rings when one does not answer, and then where the group leads', async () => {
  const world = new OutsideWorld()
  const caller = world.phone('100')
  const [a, b, c] = [world.phone('101'), world.phone('102'), world.phone('103')]
  world.group('200', ['101', '102'], {
    strategy: 'in-order',
    stepSeconds: 15,
    otherwise: { kind: 'extension', number: '103' },
  })
  const invite = await caller.call('200')
  const first = await a.ringing()
  first.respond(180)
  await caller.expectResponse(180)
  await world.pass(14_000)
  await b.expectSilence()
  await world.pass(1_100)
  await first.cancelled()
  await (await b.ringing()).refuse(486)
  await (await c.ringing()).answer()
  await (await invite.answered()).hangUp()
  await c.expectRequest('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('longest idle: who has talked last rings last', async () => {
  const world = new OutsideWorld()
  const caller = world.phone('100')
  const [a, b] = [world.phone('101'), world.phone('102')]
  world.group('200', ['101', '102'], { strategy: 'longest-idle' })
  await world.pass(1_000)
  const invite = await caller.call('101')
  await (await a.ringing()).answer()
  await (await invite.answered()).hangUp()
  await a.expectRequest('BYE')
  await world.settle()
  const second = await caller.call('200')
  await b.ringing()
  await a.expectSilence()
  second.cancel()
})

for (const [condition, refusal] of [
  ['forwardBusy', 486],
  ['forwardNoAnswer', 480],
] as const) {
  test(`${condition}: the call goes on to the extension that it names`, async () => {
    const world = new OutsideWorld()
    const caller = world.phone('100')
    const [a, b] = [world.phone('101'), world.phone('102')]
    world.calling(a.account.extension, { [condition]: { kind: 'extension', number: '102' } })
    const invite = await caller.call('101')
    await (await a.ringing()).refuse(refusal)
    await (await b.ringing()).answer()
    await (await invite.answered()).hangUp()
    assert.equal(world.eventsOf('call.forwarded').length, 1)
    assert.equal(world.records.latest()[0]?.legs[1]?.number, '102')
  })
}

test('no answer: after the seconds of the extension', async () => {
  const world = new OutsideWorld()
  const caller = world.phone('100')
  const [a, b] = [world.phone('101'), world.phone('102')]
  world.calling(a.account.extension, { forwardNoAnswer: { kind: 'extension', number: '102' }, noAnswerSeconds: 10 })
  await caller.call('101')
  const ringing = await a.ringing()
  ringing.respond(180)
  await world.pass(10_100)
  await ringing.cancelled()
  await b.ringing()
})

test('unreachable: nothing is registered', async () => {
  const world = new OutsideWorld()
  const caller = world.phone('100')
  const a = world.phone('101', { registered: false })
  const b = world.phone('102')
  world.calling(a.account.extension, { forwardUnreachable: { kind: 'extension', number: '102' } })
  await caller.call('101')
  await b.ringing()
})

test('forwards that lead in a circle end with 482', async () => {
  const world = new OutsideWorld()
  const caller = world.phone('100')
  const [a, b] = [world.phone('101'), world.phone('102')]
  world.calling(a.account.extension, { forwardAlways: { kind: 'extension', number: '102' } })
  world.calling(b.account.extension, { forwardAlways: { kind: 'extension', number: '101' } })
  await caller.call('101')
  await caller.expectResponse(482)
})

test('do-not-disturb, and an extension that talks already', async () => {
  const world = new OutsideWorld()
  const caller = world.phone('100')
  const a = world.phone('101')
  world.calling(a.account.extension, { doNotDisturb: true })
  const quiet = await caller.call('101')
  await quiet.refused(480)
  world.calling(a.account.extension, { doNotDisturb: false, maximumCalls: 1 })
  await caller.call('101')
  await a.ringing()
  const third = world.phone('103')
  const second = await third.call('101')
  await second.refused(486)
})

test('*8101 takes the call that rings at 101', async () => {
  const world = new OutsideWorld()
  const caller = world.phone('100')
  const [a, b] = [world.phone('101'), world.phone('102')]
  const invite = await caller.call('101')
  const ringing = await a.ringing()
  ringing.respond(180)
  await caller.expectResponse(180)
  const taking = await b.call('*8101')
  await taking.answered()
  await ringing.cancelled()
  const call = await invite.answered()
  assert.equal(world.eventsOf('call.picked-up')[0]?.data.by, '102')
  await call.hangUp()
  await b.expectRequest('BYE')
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('*8: a colleague of a group; strangers and quiet phones: 404', async () => {
  const world = new OutsideWorld()
  const caller = world.phone('100')
  const [a, b, c] = [world.phone('101'), world.phone('102'), world.phone('103')]
  world.group('200', ['101', '102'])
  await (await b.call('*8')).refused(404)
  await caller.call('101')
  await a.ringing()
  await (await c.call('*8')).refused(404)
  const taking = await b.call('*8')
  await taking.answered()
})

test('a call transferred to *70 waits, and *71 takes it back', async () => {
  const world = new OutsideWorld()
  const [a, b, c] = [world.phone('101'), world.phone('102'), world.phone('103')]
  const invite = await a.call('102')
  const there = await (await b.ringing()).answer()
  await invite.answered()
  await there.exchange('REFER', 202, { headers: [['Refer-To', '<sip:*7042@example.com>']] })
  await world.settle()
  b.drain()
  assert.equal(world.eventsOf('call.parked')[0]?.data.slot, '42')
  assert.equal(world.calls.liveCount, 1, 'it waits')
  await (await c.call('*7199')).refused(404)
  const taking = await c.call('*7142')
  await a.expectRequest('INVITE')
  assert.equal(world.eventsOf('call.retrieved').length, 1)
  taking.cancel()
})
