/** The wall clock jumps, as it does when a machine starts with a wrong one and is corrected. Durations must not notice. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { createRandom } from '../fuzz/engine/random.ts'
import { pause } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { awaitEvents, eventsAfter, lastPosition } from './events.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { DEBUGGER, type Inside, reachInside } from './inside.ts'
import { faultTest, scale } from './table.ts'
import { createTalkers, type Talkers } from './talk.ts'

const PAIRS = scale(5, 20)
const CALLS_PER_PAIR = 10
const CALLS = PAIRS * CALLS_PER_PAIR
const HOUR_MS = 3_600_000
/** How long is waited for what should not happen: longer than every sweep of the product. */
const WATCHED_MS = scale(4_000, 15_000)

let system: Ringfence
let inside: Inside
let fleet: Fleet
let talkers: Talkers

before(async () => {
  system = await startRingfence({ name: 'E-clock', ...DEBUGGER })
  inside = await reachInside(system.process)
  fleet = await startFleet({ system, random: createRandom(2), pairs: PAIRS, callsPerPair: CALLS_PER_PAIR })
  talkers = await createTalkers(system, ['3001', '3002'])
  await talkers.register()
})

after(async () => {
  inside?.close()
  await Promise.all([fleet?.stop(), talkers?.stop()])
  await system?.stop()
})

/** In every thread of the product. */
async function setClock(offsetMs: number): Promise<void> {
  const expression = `globalThis.trueNow ??= Date.now; Date.now = () => trueNow() + ${offsetMs}; Date.now()`
  for (let i = 0; i < inside.mediaThreads; i++) await inside.mediaThread(i, expression)
  assert.ok(Math.abs(Number(await inside.main(expression)) - Date.now() - offsetMs) < 60_000)
}

const JUMPS = [
  { fault: 'the wall clock jumps forward by 6 hours', hours: 6 },
  { fault: 'the wall clock jumps back by 6 hours', hours: -6 },
] as const

for (const { fault, hours } of JUMPS) {
  faultTest(
    {
      section: 'time',
      fault,
      done: `under ${CALLS} live calls and ${2 * PAIRS + 2} registrations`,
      holds:
        'no call, registration, session or ban ends of it; phones register again and new calls are heard; records have no negative durations',
    },
    async measured => {
      await fleet.whole(60_000)
      const talk = await talkers.talk()
      const since = await lastPosition(system)
      const before = accepted(await (await system.operations()).status())
      fleet.forget()
      await setClock(hours * HOUR_MS)
      await pause(WATCHED_MS)
      await talk.heard()
      const after = accepted(await (await system.operations()).status())
      assert.deepEqual(fleet.broken, [])
      assert.equal(fleet.live.size, CALLS)
      assert.equal(after.registrations, before.registrations)
      assert.equal(after.held.bans, 0)
      assert.equal(after.store, 'available')
      assert.deepEqual(await eventsAfter(system, since, 'registration.expired'), [])
      // Each of them proves itself with a nonce of before the jump, then with one of after it.
      for (let i = 0; i < 5; i++) assert.equal(await fleet.registerOne(), undefined)
      await talk.hangUp()
      const next = await talkers.talk()
      await next.heard()
      await next.hangUp()
      const [ended, short] = await awaitEvents(system, since, 'call.ended', { count: 2 })
      assert.ok(
        ended!.data.durationMs >= WATCHED_MS && ended!.data.durationMs < 120_000,
        `${ended!.data.durationMs} ms`,
      )
      assert.ok(short!.data.durationMs >= 0 && short!.data.durationMs < 120_000, `${short!.data.durationMs} ms`)
      for (const { startedAt, answeredAt, endedAt } of accepted(
        await (await system.operations()).callsPast({ limit: 200 }),
      )) {
        const [answered, over] = [answeredAt ?? startedAt, endedAt ?? Number.MAX_VALUE]
        assert.ok(startedAt <= answered && answered <= over, `${startedAt} ${answered} ${over}`)
      }
      measured('calls that ended', fleet.broken.length)
      measured('registrations lost', before.registrations - after.registrations)
      measured('duration told of the call across the jump', `${ended!.data.durationMs} ms`)
    },
  )
}
