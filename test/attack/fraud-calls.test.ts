/** Toll-fraud control at the calls themselves: who pays, when it ends, and that calls for help know nothing of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createDeck } from '../../src/fraud/rating/deck.ts'
import { microsOf, ZERO } from '../../src/fraud/rating/money.ts'
import { createTariff, type Tariff } from '../../src/fraud/rating/tariff.ts'
import type { SipMessage } from '../../src/sip/message/types.ts'
import { RESPONSES } from '../../src/guard/types.ts'
import { FraudWorld } from '../support/fraud-world.ts'
import type { WorldTrunk } from '../support/outside-world.ts'
import { sdp } from '../support/scripted-phone.ts'

const AT_HOME = '030901820'
const MOBILE = '+4915112345678'

function deckOf(perMinute: number, incrementSeconds = 60): Tariff {
  const billing = { connectionFee: ZERO, minimumSeconds: 0, incrementSeconds, validFrom: undefined }
  const deck = createDeck('EUR', [{ prefix: '49', name: 'home', perMinute: microsOf(perMinute), ...billing }])
  return createTariff({ deck, homeCountry: 'DE' })
}

/** In steps, so that what is asked for before the time is over can be answered. */
async function passing(world: FraudWorld, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) await world.pass(1_000)
}

async function talk(world: FraudWorld, trunk: WorldTrunk, from = '101', to = AT_HOME) {
  const phone = world.phones.find(each => each.account.extension.number === from) ?? world.phone(from)
  const invite = await phone.call(to)
  await (await trunk.peer.ringing()).answer()
  return { phone, call: await invite.answered() }
}

test('a call ends before the first increment that its cap has no room for, and costs what it lasted', async () => {
  const world = new FraudWorld()
  const trunk = world.trunk('first')
  world.tariff = deckOf(1_000_000)
  world.policy = { caps: { ...capsOf(100_000_000), call: microsOf(3_000_000) } }
  const { phone } = await talk(world, trunk)
  await passing(world, 170)
  assert.deepEqual(phone.drain().filter(isBye), [])
  await passing(world, 10)
  await phone.expectRequest('BYE')
  await trunk.peer.expectRequest('BYE')
  assert.deepEqual(world.charged, [{ payer: '101', to: '+4930901820', cost: 3_000_000 }])
  assert.equal(world.capsReached[0]?.refused, false)
  assert.equal(world.eventsOf('call.refused')[0]?.data.rule, 'FRAUD_CAP_CALL')
})

function isBye(message: SipMessage): boolean {
  return message.kind === 'request' && message.method === 'BYE'
}

function capsOf(amount: number) {
  const cap = microsOf(amount)
  return { call: cap, extensionDay: cap, organisationDay: cap, organisationMonth: cap, riskyDay: cap }
}

test('calls at once share what is left of a cap: as many as it pays for, and no more', async () => {
  const world = new FraudWorld({ maximumCalls: 100 })
  const trunk = world.trunk('first', { maximumCalls: 50, callsPerSecond: 50 })
  trunk.room = 50
  world.tariff = deckOf(1_000_000)
  world.policy = { caps: { ...capsOf(100_000_000), extensionDay: microsOf(3_500_000) }, rules: onlyTold(world) }
  const phones = Array.from({ length: 20 }, () => world.phone('101'))
  await Promise.all(phones.map(phone => phone.call(AT_HOME)))
  await world.settle()
  const invites = (await trunk.peer.drain()).filter(each => each.kind === 'request' && each.method === 'INVITE')
  const refused = phones.flatMap(phone => phone.drain()).filter(each => each.kind === 'response' && each.status === 403)
  assert.deepEqual([invites.length, refused.length], [3, 17])
})

function onlyTold(world: FraudWorld) {
  return Object.fromEntries(world.rules.map(({ id }) => [id, { mode: 'dry-run' } as const]))
}

test('who forwards pays, not who calls', async () => {
  const world = new FraudWorld()
  const trunk = world.trunk('first')
  world.outside.calling = { offNetForwarding: true }
  const [alice, bob] = [world.phone('101'), world.phone('102')]
  world.calling(bob.account.extension, { forwardAlways: { kind: 'external', e164: MOBILE } })
  const invite = await alice.call('102')
  await (await trunk.peer.ringing()).answer()
  const call = await invite.answered()
  await world.pass(30_000)
  await call.hangUp()
  await trunk.peer.expectRequest('BYE')
  assert.deepEqual(
    world.charged.map(({ payer, to }) => [payer, to]),
    [['102', MOBILE]],
  )
  assert.ok(world.charged[0]!.cost > 0)
})

test('who transfers to the outside pays for the leg that goes on without him', async () => {
  const world = new FraudWorld()
  const trunk = world.trunk('first')
  world.outside.calling = { offNetForwarding: true }
  const [alice, bob] = [world.phone('101'), world.phone('102')]
  const invite = await alice.call('102')
  const there = await (await bob.ringing()).answer()
  await invite.answered()
  await there.exchange('REFER', 202, { headers: [['Refer-To', `<sip:${MOBILE}@example.com>`]] })
  const ringing = await trunk.peer.ringing()
  await ringing.answer()
  await world.settle()
  const reinvite = alice.drain().find(each => each.kind === 'request' && each.method === 'INVITE')
  assert.ok(reinvite?.kind === 'request')
  alice.respond(reinvite, 200, reinvite.toTag ?? '', { body: reinvite.body.toString() })
  await world.settle()
  assert.equal(world.control.open, 1)
  await world.pass(45_000)
  world.calls.endOutsideCallsOf(bob.account.extension.id)
  await world.settle()
  assert.equal(world.control.open, 0)
  assert.deepEqual(
    world.charged.map(({ payer, to }) => [payer, to]),
    [['102', MOBILE]],
  )
  assert.ok(world.charged[0]!.cost > 0)
})

test('a call that nobody answers costs nothing, whoever it was tried by', async () => {
  const world = new FraudWorld()
  const [first, second] = [world.trunk('first'), world.trunk('second')]
  const alice = world.phone('101')
  await alice.call(AT_HOME)
  ;(await first.peer.ringing()).respond(503)
  ;(await second.peer.ringing()).respond(486)
  await alice.expectResponse(486)
  await world.settle()
  assert.deepEqual(world.charged, [{ payer: '101', to: '+4930901820', cost: 0 }])
  assert.equal(world.control.open, 0)
})

test('what was decided ends the calls that run, and keeps others from beginning, until somebody restores it', async () => {
  const world = new FraudWorld()
  const trunk = world.trunk('first', { maximumCalls: 99, callsPerSecond: 99 })
  trunk.room = 99
  const { phone } = await talk(world, trunk)
  for (let count = 0; count < 9; count++) await world.phone('101').call(AT_HOME)
  await world.settle()
  assert.ok(world.decided.some(each => each.response === 'suspend'))
  for (const each of trunk.peer.drain()) {
    if (each.kind === 'request' && each.method === 'INVITE') trunk.peer.respond(each, 487, 'cancelled')
  }
  await world.settle()
  assert.equal(world.control.open, 0)
  phone.drain()
  await phone.call(AT_HOME)
  await phone.expectResponse(403)
  const { id } = phone.account.extension
  world.control.observe({ kind: 'restored', at: world.clock.now(), organisationId: world.organisation.id, payer: id })
  await world.pass(61_000)
  phone.drain()
  trunk.peer.drain()
  await phone.call(AT_HOME)
  assert.ok(await trunk.peer.ringing())
})

interface State {
  readonly held: boolean
  readonly noMoney: boolean
  readonly noPrice: boolean
  readonly storeGone: 'rejects' | 'silent' | 'there'
  readonly ruleThrows: boolean
  readonly tariffThrows: boolean
  readonly policyThrows: boolean
  readonly blocked: string | undefined
  readonly closed: boolean
  readonly exhausted: boolean
}

/** Any of these makes a paid call impossible. */
function stopsPaidCalls(state: State): boolean {
  const { held, noMoney, noPrice, storeGone, tariffThrows, policyThrows, blocked, exhausted } = state
  return (
    held || noMoney || noPrice || storeGone !== 'there' || tariffThrows || policyThrows || blocked === '49' || exhausted
  )
}

const states = fc.record<State>({
  held: fc.boolean(),
  noMoney: fc.boolean(),
  noPrice: fc.boolean(),
  storeGone: fc.constantFrom('rejects', 'silent', 'there'),
  ruleThrows: fc.boolean(),
  tariffThrows: fc.boolean(),
  policyThrows: fc.boolean(),
  blocked: fc.constantFrom(undefined, '49', '112', '49112', '1'),
  closed: fc.boolean(),
  exhausted: fc.boolean(),
})

function worldIn(state: State): FraudWorld {
  const world = new FraudWorld()
  const at = world.clock.now()
  const organisationId = world.organisation.id
  const alice = world.phone('101')
  const decision = {
    rule: 'FRAUD_TEST',
    at,
    organisationId,
    callId: undefined,
    reason: 'a test',
    evidence: {},
  } as const
  const always = { ...decision, mode: 'on', expiresAt: undefined } as const
  const { id } = alice.account.extension
  if (state.held) {
    for (const response of RESPONSES) world.decisions.add({ ...always, id: `d-${response}`, subject: id, response }, at)
    world.directory.putExtension({ ...alice.account.extension, state: 'suspended', suspendedReason: 'stolen' })
  }
  if (state.blocked !== undefined) {
    const response = 'block-destination'
    world.decisions.add({ ...always, id: 'd-block', subject: id, response, prefix: state.blocked }, at)
  }
  if (state.noPrice) world.tariff = createTariff({ deck: createDeck('EUR', []), homeCountry: 'DE' })
  if (state.tariffThrows) world.tariff = { ...world.tariff, price: thrown }
  if (state.noMoney) world.policy = { caps: capsOf(0) }
  if (state.policyThrows) Object.defineProperty(world, 'policy', { get: thrown })
  if (state.storeGone !== 'there') {
    const charge = (): Promise<never> =>
      state.storeGone === 'silent' ? new Promise(() => {}) : Promise.reject(new Error('the store is gone'))
    world.budgetStore = { ...world.budgetStore, charge }
  }
  if (state.ruleThrows)
    world.rules.unshift({ ...world.rules[0]!, id: 'FRAUD_BROKEN', sees: ['attempt'], judge: thrown })
  if (state.closed) world.outside.calling = { schedule: { timeZone: 'UTC', hours: [], holidays: ['2023-11-14'] } }
  return world
}

function thrown(): never {
  throw new Error('broken')
}

test('property: in no state of toll-fraud control is a call for help refused, asked about or late', async () => {
  let stopped = 0
  await fc.assert(
    fc.asyncProperty(states, async state => {
      const world = worldIn(state)
      const trunk = world.trunk('first', { maximumCalls: 1 })
      const alice = world.phones.find(each => each.account.extension.number === '101')!
      if (state.exhausted) trunk.room = 0
      await alice.call(AT_HOME)
      await world.settle()
      const heard = (await trunk.peer.drain()).length
      // The same world refuses what costs money: the property is not empty.
      if (stopsPaidCalls(state)) {
        assert.equal(heard, 0, 'a paid call went out')
        stopped++
      }
      alice.drain()
      const before = world.clock.now()
      const invite = alice.invite('112', { body: sdp('help') })
      invite.transmit()
      const ringing = await trunk.peer.ringing()
      assert.equal(world.clock.now(), before)
      assert.equal(ringing.request.requestUriText, 'sip:112@first.example;user=phone')
      await ringing.answer()
      const call = await invite.answered()
      // Nor does anything end it.
      world.calls.endOutsideCallsOf(alice.account.extension.id)
      await world.pass(600_000)
      assert.equal(alice.drain().filter(each => each.kind === 'request' && each.method === 'BYE').length, 0)
      await call.hangUp()
      assert.ok(world.charged.every(each => each.to !== '112'))
    }),
    { numRuns: 150 },
  )
  assert.ok(stopped > 50, `${stopped}`)
})
