/** The database is killed, stands still, or has no room: live calls go on, new ones are refused with a word, and it ends by itself. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { createRandom } from '../fuzz/engine/random.ts'
import { eventually, pause } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { databasePids, signalAll } from './database-process.ts'
import { awaitEvents, eventsAfter, lastPosition } from './events.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { distribution, faultTest, scale } from './table.ts'
import { createTalkers, type Talkers } from './talk.ts'

const PAIRS = scale(5, 20)
const CALLS_PER_PAIR = 10
const CALLS = PAIRS * CALLS_PER_PAIR
const STANDS_MS = scale(8_000, 30_000)
const SLOW_MS = scale(4_000, 20_000)

let system: Ringfence
let fleet: Fleet
let talkers: Talkers

before(async () => {
  system = await startRingfence({ name: 'E-database' })
  fleet = await startFleet({ system, random: createRandom(3), pairs: PAIRS, callsPerPair: CALLS_PER_PAIR })
  talkers = await createTalkers(system, ['3001', '3002'])
  await talkers.register()
})

after(async () => {
  await Promise.all([fleet?.stop(), talkers?.stop()])
  await system?.stop()
})

async function storeIs(state: 'available' | 'unavailable', timeoutMs = 30_000): Promise<void> {
  const status = async (): Promise<boolean> => accepted(await (await system.operations()).status()).store === state
  await eventually(status, timeoutMs, `the store ${state}`)
}

/** Milliseconds until a new call is answered again. */
async function untilCallsWork(timeoutMs = 60_000): Promise<number> {
  const from = performance.now()
  await eventually(async () => (await talkers.attempt()) === undefined, timeoutMs, 'a new call')
  return Math.round(performance.now() - from)
}

/** Every call of the fleet is up and has been; every record has an end once they are hung up. */
async function checkAfterwards(since: number): Promise<void> {
  assert.deepEqual(fleet.broken, [])
  assert.equal(fleet.live.size, CALLS)
  await (await talkers.talk()).hangUp()
  await eventually(
    async () => {
      const records = accepted(await (await system.operations()).callsPast({ limit: 1_000 }))
      const open = records.filter(record => record.end === undefined || record.end === null)
      return open.length === CALLS && records
    },
    20_000,
    'an end in the record of each call that ended',
  )
  const recovered = await eventsAfter(system, since, 'store.recovered')
  assert.ok(recovered.length > 0)
  assert.equal(
    recovered.reduce((sum, { data }) => sum + data.eventsLost, 0),
    0,
  )
}

faultTest(
  {
    section: 'database',
    fault: 'the database is killed',
    done: `kill -9 of PostgreSQL under ${CALLS} live calls; one of them ends while it is away`,
    holds: 'no live call ends, no event or record is lost, it is started again by itself',
  },
  async measured => {
    await fleet.whole(60_000)
    fleet.forget()
    const talk = await talkers.talk()
    const since = await lastPosition(system)
    process.kill(databasePids(system)[0]!, 'SIGKILL')
    await pause(20)
    await talk.hangUp()
    const again = await untilCallsWork()
    await storeIs('available')
    const [recovered] = await awaitEvents(system, since, 'store.recovered')
    await awaitEvents(system, since, 'call.ended')
    await checkAfterwards(since)
    measured('away', `${recovered!.data.unavailableForMs} ms`)
    measured('until a new call was answered', `${again} ms`)
    measured('live calls that ended', fleet.broken.length)
  },
)

faultTest(
  {
    section: 'database',
    fault: 'the database stands still',
    done: `SIGSTOP to PostgreSQL for ${STANDS_MS / 1000} s under ${CALLS} live calls, then SIGCONT`,
    holds: 'no live call ends, phones register, a new call is refused with 503 and Retry-After, all goes on after it',
  },
  async measured => {
    await fleet.whole(60_000)
    fleet.forget()
    const talk = await talkers.talk()
    const since = await lastPosition(system)
    const pids = databasePids(system)
    const stoppedAt = performance.now()
    signalAll(pids, 'SIGSTOP')
    const answers: number[] = []
    try {
      const first = await talkers.attempt()
      const firstAfter = Math.round(performance.now() - stoppedAt)
      assert.equal(first?.status, 503, JSON.stringify(first))
      while (performance.now() - stoppedAt < STANDS_MS) {
        const from = performance.now()
        const refusal = await talkers.attempt()
        answers.push(performance.now() - from)
        assert.equal(refusal?.status, 503)
        assert.ok(refusal.retryAfter !== undefined && refusal.retryAfter > 0)
        for (let i = 0; i < 3; i++) assert.equal(await fleet.registerOne(), undefined)
        await talk.heard()
        await pause(300)
      }
      measured('first new call refused after', `${firstAfter} ms`)
      measured('further ones at most after', `${Math.max(...answers).toFixed(0)} ms (of ${answers.length})`)
    } finally {
      signalAll(pids, 'SIGCONT')
    }
    measured('after SIGCONT a new call was answered within', `${await untilCallsWork()} ms`)
    await talk.heard()
    await talk.hangUp()
    await checkAfterwards(since)
  },
)

faultTest(
  {
    section: 'database',
    fault: 'the database is slow',
    done: `PostgreSQL runs for 20 ms and stands still for 400 ms, in turn, for ${SLOW_MS / 1000} s under ${CALLS} live calls that come and go`,
    holds: 'no live call ends, new calls are answered, later but all, no outage is told',
  },
  async measured => {
    await fleet.whole(60_000)
    fleet.forget()
    const since = await lastPosition(system)
    const usual = await callTime()
    const from = performance.now()
    const times: number[] = []
    while (performance.now() - from < SLOW_MS) {
      const pids = databasePids(system)
      signalAll(pids, 'SIGSTOP')
      try {
        const time = callTime()
        void fleet.hangUpOne()
        await pause(400)
        signalAll(pids, 'SIGCONT')
        await pause(20)
        signalAll(pids, 'SIGSTOP')
        await pause(400)
        signalAll(pids, 'SIGCONT')
        times.push(await time)
      } finally {
        signalAll(pids, 'SIGCONT')
      }
    }
    await fleet.whole(60_000)
    assert.deepEqual(fleet.refused, [])
    assert.deepEqual(fleet.broken, [])
    assert.deepEqual(await eventsAfter(system, since, 'store.unavailable'), [])
    measured('a call that is answered and hung up', `before ${usual.toFixed(0)} ms; then ${distribution(times, 'ms')}`)
  },
)

/** Milliseconds from dialling to the end of a call that is hung up when it is answered. */
async function callTime(): Promise<number> {
  const from = performance.now()
  assert.equal(await talkers.attempt(), undefined)
  return performance.now() - from
}
