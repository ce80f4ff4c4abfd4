/** No room for the database: what is up stays up, what cannot be written down is refused, and room is enough to go on. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { createRandom } from '../fuzz/engine/random.ts'
import { eventually, pause, temporaryFolder } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { eventsAfter, lastPosition } from './events.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { faultTest, scale } from './table.ts'
import { createTalkers, type Talkers } from './talk.ts'

const PAIRS = scale(5, 20)
const CALLS_PER_PAIR = 10
const CALLS = PAIRS * CALLS_PER_PAIR
const FULL_MS = scale(8_000, 30_000)
const DISK = '192m'

/** The database's folder gets a file system of its own, which nobody but the server and its children sees. */
const data = temporaryFolder('E-disk')
const database = join(data.path, 'database')
const MOUNT = `mount -t tmpfs -o size=${DISK},mode=700 tmpfs "$0" && exec "$@"`
const possible = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

let system: Ringfence
let fleet: Fleet
let talkers: Talkers

before(async () => {
  if (!possible) return
  mkdirSync(database, { mode: 0o700 })
  system = await startRingfence({ data, wrapper: ['unshare', '-m', 'sh', '-c', MOUNT, database] })
  fleet = await startFleet({ system, random: createRandom(4), pairs: PAIRS, callsPerPair: CALLS_PER_PAIR })
  talkers = await createTalkers(system, ['3001', '3002'])
  await talkers.register()
})

after(async () => {
  await Promise.all([fleet?.stop(), talkers?.stop()])
  await system?.stop()
  data.remove()
})

/** The database's folder as the server sees it. */
function inside(name: string): string {
  return join('/proc', String(system.process.pid), 'root', database, name)
}

/** Writes until nothing more goes, again and again, since what is freed in the meantime counts too. */
function fill(): void {
  const file = openSync(inside('filler'), 'a')
  const block = Buffer.alloc(65_536, 1)
  try {
    for (let size = block.length; size >= 512; ) {
      try {
        writeSync(file, block, 0, size)
      } catch {
        size /= 2
      }
    }
  } finally {
    closeSync(file)
  }
}

faultTest(
  {
    section: 'database',
    fault: 'no room on the disk of the database',
    done: `its file system of ${DISK} is filled for ${FULL_MS / 1000} s under ${CALLS} live calls that come and go, then there is room again`,
    holds:
      'no live call ends, phones register, what cannot be written down is refused with 503, no event or record is lost, all goes on by itself',
    timeoutMs: 180_000,
    skip: possible ? undefined : 'needs root and a mount namespace of its own',
  },
  async measured => {
    await fleet.whole(60_000)
    fleet.forget()
    const talk = await talkers.talk()
    const since = await lastPosition(system)
    const answeredBefore = fleet.answered.length
    const from = performance.now()
    while (performance.now() - from < FULL_MS) {
      fill()
      for (let i = 0; i < 5; i++) await fleet.hangUpOne()
      assert.equal(await fleet.registerOne(), undefined)
      await pause(100)
    }
    await talk.heard()
    assert.deepEqual(fleet.broken, [])
    assert.ok(fleet.refused.length > 0, 'the disk was never full')
    assert.deepEqual(
      fleet.refused.filter(text => !text.startsWith('503 ')),
      [],
    )
    const [refused, answered] = [fleet.refused.length, fleet.answered.length - answeredBefore]
    rmSync(inside('filler'))
    const freed = performance.now()
    await eventually(async () => (await talkers.attempt()) === undefined, 60_000, 'a new call')
    const back = Math.round(performance.now() - freed)
    await talk.heard()
    await talk.hangUp()
    await fleet.whole(60_000)
    const outages = await eventsAfter(system, since, 'store.unavailable')
    const recovered = await eventsAfter(system, since, 'store.recovered')
    assert.equal(
      recovered.reduce((sum, { data }) => sum + data.eventsLost, 0),
      0,
    )
    await eventually(
      async () => {
        const records = accepted(await (await system.operations()).callsPast({ limit: 1_000 }))
        return records.filter(record => record.end === undefined || record.end === null).length === CALLS
      },
      20_000,
      'an end in the record of each call that ended',
    )
    measured('new calls refused', refused)
    measured('new calls answered meanwhile', answered)
    measured('times told that the store was away', outages.length)
    measured('with room again, until a new call was answered', `${back} ms`)
  },
)
