/** The server is told to stop, for an upgrade: those who talk go on, nobody new begins, and it is gone when they are done. */
import assert from 'node:assert/strict'
import { afterEach } from 'node:test'
import { createRandom } from '../fuzz/engine/random.ts'
import { eventually, freePort, pause } from '../support/places.ts'
import { within } from '../support/processes.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { eventsAfter } from './events.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { faultTest, scale } from './table.ts'
import { createTalkers, type Talkers } from './talk.ts'

const PAIRS = scale(5, 20)
const CALLS_PER_PAIR = 10
const CALLS = PAIRS * CALLS_PER_PAIR

let system: Ringfence | undefined
let fleet: Fleet | undefined
let talkers: Talkers | undefined

afterEach(async () => {
  await Promise.all([fleet?.stop(), talkers?.stop()])
  await system?.stop()
  system = fleet = talkers = undefined
})

async function begin(name: string, drainTime: number): Promise<{ system: Ringfence; fleet: Fleet; talkers: Talkers }> {
  const ports = [String(await freePort()), String(await freePort())] as const
  const flags = ['--sip-tls-port', ports[0], '--https-port', ports[1], '--drain-time', String(drainTime)]
  system = await startRingfence({ name, arguments: flags })
  fleet = await startFleet({ system, random: createRandom(7), pairs: PAIRS, callsPerPair: CALLS_PER_PAIR })
  talkers = await createTalkers(system, ['3001', '3002'])
  await talkers.register()
  await fleet.whole(60_000)
  fleet.rest()
  fleet.forget()
  return { system, fleet, talkers }
}

async function checkRecords(system: Ringfence, causes: readonly string[]): Promise<void> {
  const records = accepted(await (await system.operations()).callsPast({ limit: 1_000 }))
  const answered = records.filter(record => record.answeredAt !== undefined && record.answeredAt !== null)
  assert.ok(answered.length >= CALLS)
  assert.deepEqual([...new Set(answered.map(record => record.end?.cause))], causes)
}

faultTest(
  {
    section: 'change',
    fault: 'told to stop, for an upgrade',
    done: `"ringfence stop" under ${CALLS} live calls, which end one after the other; then it is started again`,
    holds:
      'no call is cut, new ones get 503 with Retry-After, phones register, status says how many are left; it is gone when the last has ended; all records are whole; phones come back by themselves',
    timeoutMs: 180_000,
  },
  async measured => {
    const { system: first, fleet, talkers } = await begin('E-drain', 60)
    const talk = await talkers.talk()
    const command = first.run('stop', '--drain-time', '120')
    const operations = await first.operations()
    const draining = async () => accepted(await operations.status()).draining
    const { since, endsAt } = (await eventually(async () => (await draining()) ?? undefined, 20_000, 'the drain'))!
    assert.equal(endsAt - since, 120_000)
    const refusal = await talkers.attempt()
    assert.equal(refusal?.status, 503)
    assert.ok(refusal.retryAfter !== undefined && refusal.retryAfter > 0)
    assert.equal(await fleet.registerOne(), undefined)
    await talk.heard()
    while (fleet.live.size > CALLS / 2) await fleet.hangUpOne()
    assert.equal(await talk.call.hold(), 200)
    assert.equal(await talk.call.resume(), 200)
    await talk.heard()
    const left = CALLS / 2 + 1
    assert.equal(accepted(await operations.status()).liveCalls, left)
    assert.match((await first.run('status')).output, new RegExp(`^Live calls +${left}, stopping: no new ones`, 'm'))
    await fleet.hangUpAll()
    await talk.heard()
    assert.ok(first.process.running)
    const lastAt = performance.now()
    await talk.hangUp()
    const code = await within(first.process.exited, 30_000, 'the end of the server')
    const gone = Math.round(performance.now() - lastAt)
    assert.equal(code, 0)
    const { code: commandCode, output } = await command
    assert.equal(commandCode, 0, output)
    assert.match(output, /Stopped\.$/m)
    assert.deepEqual(fleet.broken, [])
    system = await first.restart()
    await checkRecords(system, ['normal'])
    await fleet.whole(60_000)
    measured('calls cut', fleet.broken.length)
    measured('from the end of the last call to the end of the process', `${gone} ms`)
  },
)

faultTest(
  {
    section: 'change',
    fault: 'the time to drain is over',
    done: `SIGTERM with --drain-time 3 under ${CALLS} live calls that do not end`,
    holds: 'after 3 s each of them gets BYE with the reason, all records are whole, the process ends with code 0',
  },
  async measured => {
    const { system: first, fleet } = await begin('E-drain-limit', 3)
    const from = performance.now()
    process.kill(first.process.pid, 'SIGTERM')
    await pause(2_000)
    assert.equal(fleet.live.size, CALLS)
    assert.equal(await within(first.process.exited, 30_000, 'the end of the server'), 0)
    measured('from SIGTERM to the end of the process', `${Math.round(performance.now() - from)} ms`)
    assert.equal(fleet.broken.length, CALLS)
    assert.deepEqual([...new Set(fleet.broken)], ['SIP;cause=503;text="System stops"'])
    system = await first.restart()
    await checkRecords(system, ['normal'])
    const stops = await eventsAfter(system, 0, 'system.stopped')
    assert.equal(stops.at(-1)?.data.liveCalls, CALLS)
  },
)

faultTest(
  {
    section: 'change',
    fault: 'told to stop twice',
    done: `a second SIGTERM 1 s after the first, under ${CALLS} live calls`,
    holds: 'the calls end at once, each with BYE and a whole record',
  },
  async measured => {
    const { system: first, fleet } = await begin('E-drain-twice', 3_600)
    process.kill(first.process.pid, 'SIGTERM')
    await pause(1_000)
    assert.equal(fleet.live.size, CALLS)
    const from = performance.now()
    process.kill(first.process.pid, 'SIGTERM')
    assert.equal(await within(first.process.exited, 30_000, 'the end of the server'), 0)
    measured('from the second SIGTERM to the end of the process', `${Math.round(performance.now() - from)} ms`)
    assert.equal(fleet.broken.length, CALLS)
    system = await first.restart()
    await checkRecords(system, ['normal'])
  },
)
