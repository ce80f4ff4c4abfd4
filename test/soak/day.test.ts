/** A day of calls in virtual time; a share of it in CI. `SOAK_HOURS`, `SOAK_SEED` change it. */
import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { faultTest, scale } from '../faults/table.ts'
import { type Day, liveThrough, type Living } from './simulator/day.ts'
import { slopeOf, slopeText } from './slope.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const HOURS = Number(process.env['SOAK_HOURS'] ?? scale(0.5, 24))
const SEED = Number(process.env['SOAK_SEED'] ?? 20_261_123)
const CALLS_PER_MINUTE = 50
const PHONES = 400
const LOOK_MINUTES = scale(10, 60)
/**
 * Octets an hour, unless within three standard errors. V8 goes on compiling for a day, and code is heap: heap snapshots of the
 * second and the fifth hour differ by that alone. An object that stayed of each of the 3,000 calls would be more than this.
 */
const HEAP_PER_HOUR = 250_000
const WARM_UP_HOURS = 3

interface Look {
  readonly hour: number
  readonly heap: number
  readonly timers: number
  readonly flows: number
  readonly living: Living
}

faultTest(
  {
    section: 'endurance',
    fault: 'a day of calls in virtual time',
    done: `${HOURS} h at ${CALLS_PER_MINUTE} calls a minute among ${PHONES} phones, two thirds TLS, one third UDP with 2 % loss and 1 % doubled; cancelled, busy, not answered, held, transferred, phones vanishing, sessions refreshed; firewall, registrar, transactions, calls as the product has them`,
    holds: 'afterwards no timer, transaction, leg, bridge, port, binding, open record is left; the heap does not grow',
    command: 'npm run soak:day',
    timeoutMs: scale(300_000, 7_200_000),
  },
  async measured => {
    const looks: Look[] = []
    const began = performance.now()
    const day = await liveThrough({
      seed: SEED,
      hours: HOURS,
      callsPerMinute: CALLS_PER_MINUTE,
      phones: PHONES,
      lookMinutes: LOOK_MINUTES,
      look(minute, world) {
        const { clock, network } = world
        collectGarbage()
        const heap = process.memoryUsage().heapUsed
        looks.push({
          hour: minute / 60,
          heap,
          timers: clock.pendingCount,
          flows: network.flowCount,
          living: world.living(),
        })
      },
    })
    collectGarbage()
    const after = process.memoryUsage().heapUsed
    tell(measured, day, looks, after, performance.now() - began)
    judge(day, looks)
    assert.ok(after < looks[0]!.heap, 'afterwards the heap is smaller than while the first calls were up')
  },
)

function tell(
  measured: (name: string, value: string | number) => void,
  { counts, network, server, clock }: Day,
  looks: readonly Look[],
  after: number,
  tookMs: number,
): void {
  const megabytes = (value: number): string => (value / 1e6).toFixed(1)
  const ended = Object.entries(server.records.ended).map(([cause, count]) => `${cause} ${count}`)
  measured('took', `${Math.round(tookMs / 1_000)} s for ${(clock.monotonic() / 3_600_000).toFixed(1)} h`)
  measured('calls by their end', ended.join(', '))
  measured('messages', `${network.counts.sent}, ${network.counts.lost} lost, ${network.counts.doubled} doubled`)
  measured('registrations', counts['registrations'] ?? 0)
  const most = (of: (look: Look) => number): number => Math.max(...looks.map(of))
  measured(
    'at most',
    `${most(({ living }) => living['calls']!)} calls, ${most(({ timers }) => timers)} timers at a look`,
  )
  measured('heap at each look', `${looks.map(({ heap }) => megabytes(heap)).join(' ')}; ${megabytes(after)} after, MB`)
  const slope = slopeOfHeap(looks)
  if (slope !== undefined) measured('heap', `${slopeText(slope, 'octets/h', 0)} after ${WARM_UP_HOURS} h`)
  for (const [what, count] of Object.entries(counts).toSorted()) process.stdout.write(`      ${what}: ${count}\n`)
}

function slopeOfHeap(looks: readonly Look[]): ReturnType<typeof slopeOf> | undefined {
  const steady = looks.filter(({ hour }) => hour > WARM_UP_HOURS)
  return steady.length < 6 ? undefined : slopeOf(steady.map(({ hour, heap }) => [hour, heap] as const))
}

function judge(day: Day, looks: readonly Look[]): void {
  const { server, clock, network } = day
  assert.deepEqual(server.failures.slice(0, 5), [], `${server.failures.length} failures inside`)
  const left = Object.entries(day.living()).filter(([, count]) => count !== 0)
  assert.deepEqual(Object.fromEntries(left), {})
  assert.equal(network.flowCount, 0, 'flows')
  assert.equal(clock.pendingCount, 0, 'timers')
  const scripts = Object.entries(day.counts).filter(([what]) => what.startsWith('script: '))
  assert.deepEqual(scripts, [])
  const slope = slopeOfHeap(looks)
  if (slope === undefined) return
  assert.ok(
    slope.slope < HEAP_PER_HOUR || slope.slope < 3 * slope.error,
    `heap: ${slope.slope} ± ${slope.error} octets/h`,
  )
}
