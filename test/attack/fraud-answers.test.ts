/** Answers that a thief's friend at the far end times so that nobody counts them: what a provider bills is charged all the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDeck } from '../../src/fraud/rating/deck.ts'
import { microsOf } from '../../src/fraud/rating/money.ts'
import { createTariff } from '../../src/fraud/rating/tariff.ts'
import { FraudWorld } from '../support/fraud-world.ts'
import type { IncomingInvite } from '../support/scripted-phone.ts'
import { sdp } from '../support/scripted-phone.ts'

const DEAR = '030901820'
const MINUTE = 2_000_000

/** A unit at the answer, and two a minute. */
function dearWorld(): FraudWorld {
  const world = new FraudWorld()
  const billing = { connectionFee: microsOf(1_000_000), minimumSeconds: 0, incrementSeconds: 60, validFrom: undefined }
  const deck = createDeck('EUR', [{ prefix: '49', name: 'dear', perMinute: microsOf(MINUTE), ...billing }])
  world.tariff = createTariff({ deck, homeCountry: 'DE' })
  world.policy = { rules: Object.fromEntries(world.rules.map(({ id }) => [id, { mode: 'dry-run' } as const])) }
  return world
}

function costs(world: FraudWorld): readonly number[] {
  return world.charged.map(({ cost }) => cost)
}

test('answered when it was cancelled: the increment that was begun is charged', async () => {
  const world = dearWorld()
  const trunk = world.trunk('first')
  const alice = world.phone('101')
  const invite = await alice.call(DEAR)
  const ringing = await trunk.peer.ringing()
  ringing.respond(180)
  await alice.expectResponse(180)
  invite.cancel()
  await trunk.peer.expectRequest('CANCEL')
  assert.equal(world.control.open, 1, 'what was reserved is kept until the far end has said its last word')
  trunk.peer.drain()
  ringing.respond(200, { body: sdp('friend') })
  await trunk.peer.expectRequest('ACK')
  await trunk.peer.expectRequest('BYE')
  await world.pass(5_000)
  assert.deepEqual(costs(world), [1_000_000 + MINUTE])
  assert.equal(world.control.open, 0)
})

test('cancelled again and again: the cap counts the answers that nobody took', async () => {
  const world = dearWorld()
  world.policy = { ...world.policy, caps: capsOf(10_000_000) }
  const trunk = world.trunk('first')
  const alice = world.phone('101')
  let billed = 0
  for (let round = 0; round < 8; round++) {
    const invite = await alice.call(DEAR)
    await world.settle()
    const bell = trunk.peer.drain().findLast(each => each.kind === 'request' && each.method === 'INVITE')
    if (bell === undefined || bell.kind !== 'request') {
      await alice.expectResponse(403)
      continue
    }
    trunk.peer.respond(bell, 180, `tag-${round}`)
    await world.settle()
    invite.cancel()
    await world.settle()
    trunk.peer.drain()
    trunk.peer.respond(bell, 200, `tag-${round}`, { body: sdp('friend') })
    billed += 1_000_000 + MINUTE
    await world.pass(2_000)
    alice.drain()
  }
  assert.ok(billed <= 10_000_000, `billed ${billed}`)
  assert.equal(
    costs(world).reduce((sum, cost) => sum + cost, 0),
    billed,
  )
})

function capsOf(amount: number) {
  const cap = microsOf(amount)
  return { call: cap, extensionDay: cap, organisationDay: cap, organisationMonth: cap, riskyDay: cap }
}

for (const [what, answer] of [
  [
    'media that nobody can hear',
    (ringing: IncomingInvite) => ringing.respond(200, { body: sdp('friend', 'sendrecv', 'RTP/AVP') }),
  ],
  ['no media at all', (ringing: IncomingInvite) => ringing.respond(200, { body: 'nonsense' })],
] as const) {
  test(`answered with ${what}: it is given up, and charged`, async () => {
    const world = dearWorld()
    const trunk = world.trunk('first')
    const alice = world.phone('101')
    await alice.call(DEAR)
    answer(await trunk.peer.ringing())
    await trunk.peer.expectRequest('ACK')
    await trunk.peer.expectRequest('BYE')
    await world.pass(5_000)
    assert.deepEqual(costs(world), [1_000_000 + MINUTE])
    assert.equal(world.control.open, 0)
  })
}

test('answered while our record waits for its store: time is money from the answer on, and ends when it is used up', async () => {
  const world = dearWorld()
  world.policy = { ...world.policy, caps: capsOf(5_000_000) }
  world.records.hold()
  const trunk = world.trunk('first')
  const alice = world.phone('101')
  await alice.call(DEAR)
  await (await trunk.peer.ringing()).answer()
  for (let second = 0; second < 130; second++) await world.pass(1_000)
  const byes = trunk.peer.drain().filter(each => each.kind === 'request' && each.method === 'BYE')
  assert.equal(byes.length, 1)
  assert.ok(costs(world)[0]! <= 5_000_000 && costs(world)[0]! > 0, String(costs(world)))
})

test('refused after it was cancelled, or never answered at all: nothing is charged, and nothing stays reserved', async () => {
  for (const last of [487, undefined]) {
    const world = dearWorld()
    const trunk = world.trunk('first')
    const alice = world.phone('101')
    const invite = await alice.call(DEAR)
    const ringing = await trunk.peer.ringing()
    ringing.respond(180)
    await alice.expectResponse(180)
    invite.cancel()
    await world.settle()
    if (last !== undefined) ringing.respond(last)
    await world.pass(last === undefined ? 40_000 : 100)
    assert.deepEqual(costs(world), [0])
    assert.equal(world.control.open, 0)
  }
})
