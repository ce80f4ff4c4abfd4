import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { PhoneSubscription } from '../../test/support/phone-subscription.ts'
import type { ScriptedPhone } from '../../test/support/scripted-phone.ts'
import { SubscriptionWorld } from '../../test/support/subscription-world.ts'
import type { Extension } from '../directory/types.ts'
import { RefusedClientTransaction } from '../sip/transaction/refused-client-transaction.ts'
import type { WatchedDialog } from './types.ts'

let world: SubscriptionWorld
let alice: ScriptedPhone
let bob: Extension

const NOTHING_LEFT = { subscriptions: 0, transactions: 0, timers: 0, failures: 0 }

beforeEach(() => {
  world = new SubscriptionWorld()
  alice = world.phone('101')
  bob = world.extension('102')
})

afterEach(async () => {
  mock.restoreAll()
  world.service.stop()
  assert.deepEqual(world.failures, [])
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

function dialog(state: WatchedDialog['state']): WatchedDialog {
  return { id: 'leg', direction: 'recipient', state, remote: '103', pickUp: undefined }
}

function statesIn(body: string): readonly string[] {
  return [...body.matchAll(/<state>(\w+)<\/state>/g)].map(match => match[1]!)
}

test('a NOTIFY that overload refuses silences no lamp: the next change is told, and without one the state is told later', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified()
  const refuseOnce = (): void => {
    const guard = (work: () => void): void => work()
    const refused = mock.method(world.transactions, 'send')
    refused.mock.mockImplementationOnce(
      (request, _to, user) => new RefusedClientTransaction({ guard }, request, user, 'TRANSACTION_LIMIT'),
    )
  }
  refuseOnce()
  world.states.setDialogs(bob.id, [dialog('early')])
  await world.pass(250)
  await alice.expectSilence()
  world.states.setDialogs(bob.id, [dialog('confirmed')])
  await world.pass(250)
  assert.deepEqual(statesIn((await lamp.notified()).body), ['confirmed'])
  mock.restoreAll()
  refuseOnce()
  world.states.setDialogs(bob.id, [])
  await world.pass(250)
  await alice.expectSilence()
  await world.pass(20_000)
  assert.deepEqual(statesIn((await lamp.notified()).body), [])
  mock.restoreAll()
})

test('a state that was answered with a failure is told again, less and less often', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified()
  world.states.setDialogs(bob.id, [dialog('early')])
  await world.pass(250)
  for (const [least, most] of [
    [5_000, 10_000],
    [10_000, 15_000],
    [20_000, 25_000],
  ] as const) {
    await lamp.notified(503)
    await world.pass(least - 1)
    await alice.expectSilence()
    await world.pass(most - least + 1)
  }
  assert.deepEqual(statesIn((await lamp.notified()).body), ['early'])
  await world.pass(600_000)
  await alice.expectSilence()
})

test('a connection that is half open swallows a NOTIFY: it is told over the one that the phone has registered over since', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified()
  await world.pass(250)
  const old = alice.flow
  const heard: unknown[] = []
  alice.flow = world.network.open('TLS', alice.address, message => heard.push(message))
  world.bindings.remove(old.id)
  world.register(alice)
  world.states.setDialogs(bob.id, [dialog('early')])
  await world.pass(250)
  assert.equal(old.open, true)
  assert.equal(heard.length, 0)
  await world.pass(33_000)
  assert.equal(heard.length, 1)
  assert.equal(world.service.count, 1)
  await world.pass(33_000)
  assert.equal(world.service.count, 0)
  alice.drain()
})
