/** A provider fails: calls go by the next one. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { peerVersion } from '../support/peers.ts'
import { callArrivesAt } from '../support/provider/arrival.ts'
import {
  OUTSIDE_DIALLED,
  type OutsideWorld,
  OWNED,
  phoneBehind,
  startOutsideWorld,
} from '../support/provider/outside-world.ts'
import { type Provider, startProvider } from '../support/provider/provider.ts'
import { accepted } from '../support/ringfence.ts'
import { distribution, faultTest, scale } from './table.ts'

const CALLS = scale(2, 10)
/** "Fail-over … under 4 s on a dead trunk"; a machine that does other work has longer. */
const WITHIN_MS = scale(8000, 4000)
const missing = peerVersion('kamailio') === undefined
const skip = missing ? 'peer missing: kamailio (apt-get install kamailio kamailio-tls-modules)' : undefined
const timeoutMs = scale(180_000, 900_000)

let world: OutsideWorld
let first: Provider
let second: Provider
let third: Provider
let alice: TestPhone

before(async () => {
  if (missing) return
  world = await startOutsideWorld('faults-trunk')
  first = await startProvider({ kind: 'tls-digest', address: '127.0.0.51' })
  world.cleanUp.push(first.stop)
  second = await startProvider({ kind: 'tls-digest', address: '127.0.0.52' })
  world.cleanUp.push(second.stop)
  third = await startProvider({ kind: 'tls-digest', address: '127.0.0.53' })
  world.cleanUp.push(third.stop)
  await world.addTrunk('first', first, { priority: 1 })
  await world.addTrunk('second', second, { priority: 2 })
  await world.addTrunk('third', third, { priority: 3 })
  alice = await world.phone('101')
  accepted(await world.operations.numberAdd({ e164: OWNED, target: 'extension:101' }))
  for (const provider of [first, second, third]) {
    const outside = await phoneBehind(world, provider)
    outside.onIncoming(call => void call.answer())
  }
})

after(async () => {
  await world?.stop()
})

interface Failure {
  readonly fail: () => unknown
  readonly mend: () => unknown
}

async function callsArriveAt(taker: Provider, number: string, { fail, mend }: Failure): Promise<readonly number[]> {
  const times: number[] = []
  for (let i = 0; i < CALLS; i++) {
    await world.renewTrunk('first', first, { priority: 1 })
    await world.renewTrunk('second', second, { priority: 2 })
    await world.trunkIs('third', 'up', 90_000)
    // The positive control: calls do go by the first.
    await (await callArrivesAt(alice, first, number)).call.hangup()
    await fail()
    try {
      const { call, afterMs } = await callArrivesAt(alice, taker, number)
      times.push(afterMs)
      await call.hangup()
    } finally {
      await mend()
    }
  }
  await world.quiet()
  return times
}

const TIME = 'from dialling to the INVITE there'
const done = (what: string): string => `${what}, and a call goes out; ${CALLS} times, the provider is well in between`

faultTest(
  {
    section: 'outside',
    fault: 'a provider refuses with 503',
    done: done('the first of three providers (Kamailio, TLS) refuses'),
    holds: 'the second one has the call at once',
    timeoutMs,
    skip,
  },
  async measured => {
    const times = await callsArriveAt(second, OUTSIDE_DIALLED, {
      fail: () => first.answerWith(503),
      mend: () => first.answerWith(undefined),
    })
    measured(TIME, distribution(times, 'ms'))
    assert.ok(Math.max(...times) < scale(3000, 1000))
  },
)

faultTest(
  {
    section: 'outside',
    fault: 'a provider stands still',
    done: done('SIGSTOP to the first of three providers (Kamailio, TLS)'),
    holds: 'the second one has the call within 4 s',
    timeoutMs,
    skip,
  },
  async measured => {
    const times = await callsArriveAt(second, OUTSIDE_DIALLED, {
      fail: () => first.freeze(),
      mend: () => first.thaw(),
    })
    measured(TIME, distribution(times, 'ms'))
    assert.ok(Math.max(...times) < WITHIN_MS)
  },
)

faultTest(
  {
    section: 'outside',
    fault: 'a call for help while two of three providers are dead',
    done: `SIGSTOP to the first, the second reads and says nothing, 112 is dialled; ${CALLS} times`,
    holds: 'the third one has the call for help within 8 s',
    timeoutMs,
    skip,
  },
  async measured => {
    const times = await callsArriveAt(third, '112', {
      async fail() {
        first.freeze()
        await second.goSilent()
      },
      async mend() {
        first.thaw()
        await second.goSilent(false)
      },
    })
    measured(TIME, distribution(times, 'ms'))
    assert.ok(Math.max(...times) < 2 * WITHIN_MS)
  },
)
