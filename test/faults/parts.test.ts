/** A media thread dies, the main thread stands still: what is not hit goes on. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { createRandom } from '../fuzz/engine/random.ts'
import { eventually, pause, temporaryFolder } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Fleet, startFleet } from './fleet.ts'
import { awaitEvents, eventsAfter, lastPosition } from './events.ts'
import { DEBUGGER, type Inside, reachInside } from './inside.ts'
import { faultTest, scale } from './table.ts'
import { createTalkers, type Talkers } from './talk.ts'

const PAIRS = scale(5, 20)
const CALLS_PER_PAIR = 10
const CALLS = PAIRS * CALLS_PER_PAIR
const WORKERS = 2
const folder = temporaryFolder('E-parts-config')
let system: Ringfence
let inside: Inside
let fleet: Fleet
let talkers: Talkers

before(async () => {
  const config = join(folder.path, 'ringfence.yaml')
  writeFileSync(config, `domain: pbx.example.com\nmedia:\n  workers: ${WORKERS}\n`)
  system = await startRingfence({ name: 'E-parts', arguments: ['--config', config], ...DEBUGGER })
  inside = await reachInside(system.process)
  fleet = await startFleet({ system, random: createRandom(1), pairs: PAIRS, callsPerPair: CALLS_PER_PAIR })
  talkers = await createTalkers(system, ['3001', '3002'])
  await talkers.register()
})

after(async () => {
  inside?.close()
  await Promise.all([fleet?.stop(), talkers?.stop()])
  await system?.stop()
  folder.remove()
})

faultTest(
  {
    section: 'parts',
    fault: 'the main thread stands still for 2 s',
    done: `under ${CALLS} live calls, one of them with audio both ways; a phone registers and calls while it stands`,
    holds: 'no call ends, audio goes on meanwhile, nobody is banned, what came in is answered after it',
    timeoutMs: 180_000,
  },
  async measured => {
    await fleet.whole(60_000)
    const talk = await talkers.talk()
    fleet.forget()
    const before = talk.other.statistics().packetsReceived
    const blocked = inside.main('{ const end = performance.now() + 2000; while (performance.now() < end); } 0')
    await pause(200)
    const registration = talkers.b.register()
    const heardAt = performance.now()
    await talk.heard()
    const heardAfter = Math.round(performance.now() - heardAt)
    const received = talk.other.statistics().packetsReceived - before
    await blocked
    assert.ok(received > 0, 'no audio while the main thread stood still')
    assert.equal((await registration).ok, true)
    assert.deepEqual(fleet.broken, [])
    assert.equal(fleet.live.size, CALLS)
    assert.equal(accepted(await (await system.operations()).status()).held.bans, 0)
    await talk.heard()
    await talk.hangUp()
    await eventually(async () => (await talkers.attempt()) === undefined, 20_000, 'a new call')
    measured('calls that ended', fleet.broken.length)
    measured('audio heard both ways after', `${heardAfter} ms, while the main thread stood`)
  },
)

faultTest(
  {
    section: 'parts',
    fault: 'a media thread dies',
    done: `one of ${WORKERS} ends under ${CALLS} live calls`,
    holds:
      'its calls end with BYE and a record that names the cause, the others go on, the thread is replaced, new calls are heard',
  },
  async measured => {
    await fleet.whole(60_000)
    const operations = await system.operations()
    const bridges = async () => accepted(await operations.status()).held.bridges === CALLS
    await eventually(bridges, 10_000, 'no other calls than those of the fleet')
    const since = await lastPosition(system)
    assert.equal(inside.mediaThreads, WORKERS)
    fleet.forget()
    fleet.rest()
    await inside.mediaThread(0, 'process.exit(3)')
    const [failed] = await awaitEvents(system, since, 'media.worker-failed')
    const lost = failed!.data.bridges
    assert.ok(lost > 0 && lost < CALLS, `${lost} bridges lost`)
    const ended = () => fleet.broken.length === lost && fleet.live.size === CALLS - lost
    await eventually(ended, 20_000, `${lost} calls ended`).catch((error: unknown) => {
      throw new Error(`${fleet.broken.length} were broken, ${fleet.live.size} live`, { cause: error })
    })
    const causes = await eventually(
      async () => {
        const all = await eventsAfter(system, since, 'call.ended')
        const ended = all.flatMap(({ data }) => (data.from === '3001' ? [] : [`${data.side} ${data.cause}`]))
        return ended.length >= lost && new Set(ended)
      },
      10_000,
      'the ends told',
    )
    assert.deepEqual([...causes], ['system system-error'])
    await pause(1_000)
    assert.equal(fleet.live.size, CALLS - lost)
    for (let i = 0; i < 2 * WORKERS; i++) await (await talkers.talk()).hangUp()
    await eventually(() => inside.mediaThreads === WORKERS, 10_000, 'the thread replaced')
    await fleet.whole(60_000)
    measured('calls that ended', `${lost} of ${CALLS}, ${[...causes].join()}`)
    measured('what their phones heard', [...new Set(fleet.broken)].join())
  },
)
