/** Time that is paid for: asked for again, ended when it is over, given back once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOTHING_LEFT } from '../../test/support/call-world.ts'
import { OutsideWorld } from '../../test/support/outside-world.ts'
import type { Admission, AdmissionControl } from './admission.ts'

class Meter implements AdmissionControl {
  readonly said: string[] = []
  paidMs = 60_000
  verdict: 'allow' | 'refuse' | 'broken' = 'allow'

  admit(request: Parameters<AdmissionControl['admit']>[0]): Admission {
    if (request.destination === 'internal') return { verdict: 'allow' }
    this.said.push(`admit ${request.dialled}`)
    return { verdict: 'allow', reservation: 'r1', paidMs: this.paidMs }
  }

  answered(): void {
    this.said.push('answered')
  }

  extend(): Admission {
    this.said.push('extend')
    if (this.verdict === 'broken') throw new Error('no money machine')
    if (this.verdict === 'refuse') return { verdict: 'refuse', sipCode: 403, rule: 'CAP', reason: 'the cap is reached' }
    this.paidMs += 60_000
    return { verdict: 'allow', reservation: 'r1', paidMs: this.paidMs }
  }

  released(): void {
    this.said.push('released')
  }
}

async function talking(admission: Meter) {
  const world = new OutsideWorld({ admission })
  const trunk = world.trunk('first')
  const alice = world.phone('101')
  const invite = await alice.call('030901820')
  await (await trunk.peer.ringing()).answer()
  const call = await invite.answered()
  return { world, trunk, alice, call }
}

test('more is asked for before the time is over, for as long as the call lasts', async () => {
  const meter = new Meter()
  const { world, trunk, call } = await talking(meter)
  await world.pass(54_000)
  assert.deepEqual(meter.said, ['admit +4930901820', 'answered'])
  await world.pass(2_000)
  await world.pass(60_000)
  assert.equal(meter.said.filter(each => each === 'extend').length, 2)
  await call.hangUp()
  await trunk.peer.expectRequest('BYE')
  assert.equal(meter.said.at(-1), 'released')
  assert.equal(meter.said.filter(each => each === 'released').length, 1)
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

for (const verdict of ['refuse', 'broken'] as const) {
  test(`${verdict}: the call ends when what was paid for is used up, not before and not after`, async () => {
    const meter = new Meter()
    meter.verdict = verdict
    const { world, trunk, alice } = await talking(meter)
    await world.pass(59_900)
    await alice.expectSilence()
    await world.pass(200)
    await alice.expectRequest('BYE')
    await trunk.peer.expectRequest('BYE')
    assert.equal(world.records.latest()[0]?.end?.cause, 'not-admitted')
    assert.equal(world.eventsOf('call.refused')[0]?.data.rule, verdict === 'refuse' ? 'CAP' : 'CALL_ALLOWANCE_OVER')
  })
}

test('what was reserved for a call that nobody took is given back once', async () => {
  const meter = new Meter()
  const world = new OutsideWorld({ admission: meter })
  const [first, second] = [world.trunk('first'), world.trunk('second')]
  const alice = world.phone('101')
  await alice.call('030901820')
  ;(await first.peer.ringing()).respond(503)
  ;(await second.peer.ringing()).respond(486)
  await alice.expectResponse(486)
  await Promise.all([alice, first.peer, second.peer].map(each => each.flush()))
  const cancelled = await alice.call('030901820')
  const ringing = await first.peer.ringing()
  ringing.respond(180)
  await alice.expectResponse(180)
  cancelled.cancel()
  await world.settle()
  // It may still be answered.
  assert.deepEqual(meter.said, ['admit +4930901820', 'released', 'admit +4930901820'])
  ringing.respond(487)
  await world.settle()
  assert.deepEqual(meter.said.slice(2), ['admit +4930901820', 'released'])
})

/** Alice talks outside and sends whom she talks to to Bob. */
async function handedOn(meter: Meter) {
  const { world, trunk, alice, call } = await talking(meter)
  const bob = world.phone('102')
  await call.exchange('REFER', 202, { headers: [['Refer-To', '<sip:102@example.com>']] })
  await (await bob.ringing()).answer()
  await world.settle()
  const reinvite = (await trunk.peer.drain()).find(each => each.kind === 'request' && each.method === 'INVITE')
  assert.ok(reinvite?.kind === 'request')
  trunk.peer.respond(reinvite, 200, reinvite.toTag ?? '', { body: reinvite.body.toString() })
  await world.settle()
  alice.drain()
  trunk.peer.drain()
  bob.drain()
  return { world, alice, bob }
}

test('a transfer takes the expensive leg along, and its time too', async () => {
  const meter = new Meter()
  meter.verdict = 'refuse'
  const { world, bob } = await handedOn(meter)
  await world.pass(61_000)
  assert.ok(
    bob.drain().some(each => each.kind === 'request' && each.method === 'BYE'),
    'the call that has the leg ends',
  )
})

test('a transfer does not hide the expensive leg from a suspension', async () => {
  const { world, alice, bob } = await handedOn(new Meter())
  world.calls.endOutsideCallsOf(bob.account.extension.id)
  await world.settle()
  assert.deepEqual(bob.drain(), [])
  world.calls.endOutsideCallsOf(alice.account.extension.id)
  await bob.expectRequest('BYE')
})
