/** kill -9 at random instants while calls are set up, held and ended, phones register and the operator works. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { Operations } from '../../src/api/operations.ts'
import type { CallRecord } from '../../src/call/call-record.ts'
import type { LoggedEvent } from '../../src/events/event-log.ts'
import { createRandom } from '../fuzz/engine/random.ts'
import { freePort, pause } from '../support/places.ts'
import { databasePids, signalAll } from './database-process.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { distribution, faultTest, scale } from './table.ts'
import { createTalkers, type Talkers } from './talk.ts'

const INSTANTS = scale(5, 100)
const PAIRS = 20
const CALLS_PER_PAIR = scale(2, 10)
const CALLS = PAIRS * CALLS_PER_PAIR
/** A kill comes at some millisecond within this time after all calls are up. */
const WINDOW_MS = 2_000
/** Catches a hang; what a start takes is a figure, not a demand on a busy machine. */
const START_LIMIT_MS = 25_000
const PAGE = 1_000
/** A process writes that it lives every 5 s: the end of a call that a crash cut is known as well as that. */
const LAST_KNOWN_MS = 15_000

const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000)
const random = createRandom(seed)
let system: Ringfence
let fleet: Fleet
let talkers: Talkers

before(async () => {
  const ports = [await freePort(), await freePort()].map(String)
  system = await startRingfence({
    name: 'E-crash',
    arguments: ['--sip-tls-port', ports[0]!, '--https-port', ports[1]!],
  })
  fleet = await startFleet({ system, random, pairs: PAIRS, callsPerPair: CALLS_PER_PAIR })
  talkers = await createTalkers(system, ['3001', '3002'])
})

after(async () => {
  await Promise.all([fleet?.stop(), talkers?.stop()])
  await system?.stop()
})

/** What the server said to somebody, and has to know after any crash. */
interface Told {
  /** Extensions whose addition was confirmed. */
  readonly extensions: string[]
  /** Events that were read, as text by position. */
  readonly events: Map<number, string>
  /** Ends of calls with their cause, as told. */
  readonly records: Map<string, string>
}

faultTest(
  {
    section: 'crash',
    fault: 'kill -9 of the server at random instants',
    done: `${INSTANTS} instants under ${CALLS} live calls and ${2 * PAIRS} registrations, 20 calls/s coming and going; every second time PostgreSQL is killed with it`,
    holds:
      'no answered call without its record, each with an end; nothing lost that was confirmed or read; phones come back by themselves; a new call is heard',
    timeoutMs: scale(300_000, 3_600_000),
  },
  async measured => {
    measured('seed', seed)
    const told: Told = { extensions: [], events: new Map(), records: new Map() }
    const starts: number[] = []
    const returns: number[] = []
    let [interrupted, checked] = [0, 0]
    for (let instant = 0; instant < INSTANTS; instant++) {
      const [from, firstAnswer] = [Date.now(), fleet.answered.length]
      await fleet.whole(60_000)
      const work = disturb(told)
      await pause(random.below(WINDOW_MS))
      interrupted += fleet.live.size
      const pids = instant % 2 === 1 ? databasePids(system) : []
      fleet.rest()
      signalAll(pids, 'SIGKILL')
      const [killedAt, wallAt] = [performance.now(), Date.now()]
      await system.crash()
      await work.stop()
      const startedAt = performance.now()
      system = await system.restart()
      starts.push(performance.now() - startedAt)
      assert.ok(starts.at(-1)! < START_LIMIT_MS, `the start took ${starts.at(-1)} ms`)
      const operations = await system.operations()
      checked += await checkRecords(operations, { from, firstAnswer, told, killedAt: wallAt })
      await checkTold(operations, told)
      await fleet.back(60_000)
      returns.push(performance.now() - killedAt)
      if (instant % 10 === 0) await checkNewCall()
    }
    measured('killed under', `${interrupted} live calls in all`)
    measured('answered calls checked against records', checked)
    measured('events and operator changes checked', told.events.size + told.extensions.length)
    measured('from start to ready', distribution(starts, 'ms'))
    measured('from kill until all phones are registered', distribution(returns, 'ms'))
  },
)

interface Disturbance {
  stop(): Promise<void>
}

/** Calls end and begin, phones refresh, the operator adds extensions and reads events, until the server is gone. */
function disturb(told: Told): Disturbance {
  let stopped = false
  const loop = async (turn: () => Promise<unknown>, everyMs: number): Promise<void> => {
    while (!stopped) {
      await turn().catch(() => undefined)
      await pause(random.below(2 * everyMs))
    }
  }
  const add = async (): Promise<void> => {
    const number = String(40_000 + told.extensions.length + random.below(3) * 10_000)
    const result = await (await system.operations()).extensionAdd({ number, name: `Phone ${number}` })
    if (result.ok) told.extensions.push(number)
  }
  const read = async (): Promise<void> => {
    for (const { position, event } of accepted(await (await system.operations()).events({ limit: 50 }))) {
      told.events.set(position, JSON.stringify(event))
    }
  }
  const list = async (): Promise<void> => {
    for (const record of accepted(await (await system.operations()).callsPast({ limit: 20 }))) {
      if (record.end !== undefined && record.end !== null) told.records.set(record.id, record.end.cause)
    }
  }
  const loops = [
    loop(() => fleet.hangUpOne(), 50),
    loop(() => fleet.registerOne(), 50),
    loop(add, 100),
    loop(read, 100),
    loop(list, 200),
  ]
  return {
    async stop() {
      stopped = true
      await Promise.race([Promise.all(loops), pause(2_000)])
    },
  }
}

/** Each call that a caller heard answered has its record, answered and ended. Returns how many there were. */
async function checkRecords(
  operations: Operations,
  { from, firstAnswer, told, killedAt }: { from: number; firstAnswer: number; told: Told; killedAt: number },
): Promise<number> {
  const records = await recordsSince(operations, from)
  const byPair = new Map<string, number>()
  for (const record of records) {
    assert.ok(record.end !== undefined && record.end !== null, `without an end: ${JSON.stringify(record)}`)
    assert.ok(record.endedAt! >= record.startedAt)
    if (record.end.cause === 'system-crash') {
      const age = killedAt - record.endedAt!
      assert.ok(age > -1_000 && age < LAST_KNOWN_MS, `its last known time is ${age} ms before the crash`)
    }
    if (record.answeredAt === undefined || record.answeredAt === null) continue
    const pair = `${record.from} ${record.to}`
    byPair.set(pair, (byPair.get(pair) ?? 0) + 1)
  }
  const heard = fleet.answered.slice(firstAnswer)
  const heardByPair = Map.groupBy(heard, call => `${call.from} ${call.to}`)
  for (const [pair, calls] of heardByPair) {
    const found = byPair.get(pair) ?? 0
    assert.ok(found >= calls.length, `${pair}: ${calls.length} calls were answered, ${found} records (seed ${seed})`)
  }
  const causes = new Map(records.map(record => [record.id as string, record.end!.cause]))
  for (const [id, cause] of told.records) if (causes.has(id)) assert.equal(causes.get(id), cause)
  assert.equal(accepted(await operations.callsLive()).length, 0)
  return heard.length
}

async function recordsSince(operations: Operations, from: number): Promise<readonly CallRecord[]> {
  const found = new Map<string, CallRecord>()
  let before: number | undefined
  for (;;) {
    const page = accepted(
      await operations.callsPast({ limit: PAGE, ...(before === undefined ? {} : { before: before + 1 }) }),
    )
    const size = found.size
    for (const record of page) if (record.startedAt >= from) found.set(record.id, record)
    const oldest = page.at(-1)?.startedAt ?? 0
    if (page.length < PAGE || oldest < from || found.size === size) return [...found.values()]
    before = oldest
  }
}

async function checkTold(operations: Operations, told: Told): Promise<void> {
  const extensions = new Set(accepted(await operations.extensionList()).map(({ number }) => number))
  for (const number of told.extensions)
    assert.ok(extensions.has(number), `extension ${number} was confirmed, and is lost`)
  if (told.events.size === 0) return
  const positions = [...told.events.keys()].toSorted((a, b) => a - b).slice(-PAGE / 2)
  const stored = new Map<number, LoggedEvent['event']>()
  for (let after = positions[0]! - 1; after < positions.at(-1)!; ) {
    const page = accepted(await operations.events({ after, limit: PAGE }))
    assert.ok(page.length > 0, `events after ${after} were read before the crash, and are lost`)
    for (const { position, event } of page) stored.set(position, event)
    after = page.at(-1)!.position
  }
  for (const position of positions) {
    assert.equal(JSON.stringify(stored.get(position)), told.events.get(position), `event ${position} (seed ${seed})`)
  }
}

async function checkNewCall(): Promise<void> {
  await talkers.register()
  const talk = await talkers.talk()
  await talk.hangUp()
}
