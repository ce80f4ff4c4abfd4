/** The process may open no further file or socket: strangers are turned away, calls go on, and it ends by itself. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { after, before } from 'node:test'
import { createRandom } from '../fuzz/engine/random.ts'
import { eventually, pause } from '../support/places.ts'
import { listDescriptors } from '../support/process-figures.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { faultTest, scale } from './table.ts'
import { createTalkers, type Talkers } from './talk.ts'

const PAIRS = scale(5, 20)
const CALLS_PER_PAIR = 5
const CALLS = PAIRS * CALLS_PER_PAIR
const CONNECTIONS = 200
const SPARE = 8
const EXHAUSTED_MS = scale(6_000, 30_000)
const possible = spawnSync('prlimit', ['--version']).error === undefined

let system: Ringfence
let fleet: Fleet
let talkers: Talkers

before(async () => {
  system = await startRingfence({ name: 'E-descriptors' })
  fleet = await startFleet({ system, random: createRandom(6), pairs: PAIRS, callsPerPair: CALLS_PER_PAIR })
  talkers = await createTalkers(system, ['3001', '3002'])
  await talkers.register()
})

after(async () => {
  await Promise.all([fleet?.stop(), talkers?.stop()])
  await system?.stop()
})

function descriptors(): number {
  return readdirSync(`/proc/${system.process.pid}/fd`).length
}

/** How many of them are sockets of this protocol. */
function count(protocol: 'tcp' | 'udp'): number {
  const lines = readFileSync(`/proc/net/${protocol}`, 'utf8').split('\n').slice(1)
  const sockets = new Set(lines.map(line => `socket:[${line.trim().split(/\s+/)[9]}]`))
  return listDescriptors(system.process.pid).filter(target => sockets.has(target)).length
}

function softLimit(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${system.process.pid}/limits`, 'utf8'))?.[1])
}

/** The hard limit stays: without rights of the system it could not be raised again. */
function limit(count: number): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(system.process.pid), `--nofile=${count}:`])
  assert.equal(status, 0, String(stderr))
}

/** Opens a connection and says nothing. */
function stranger(): Socket {
  const { address, port } = system.ready.sipTls
  return connect({ host: address, port }).on('error', () => undefined)
}

faultTest(
  {
    section: 'resources',
    fault: 'no file descriptor is left',
    done: `the limit is set to ${SPARE} more than are open under ${CALLS} live calls with audio in one, and ${CONNECTIONS} strangers connect, for ${EXHAUSTED_MS / 1000} s`,
    holds:
      'the process lives, no live call ends, phones that are connected register, a new call is answered or refused, all goes on by itself',
    timeoutMs: 180_000,
    skip: possible ? undefined : 'needs prlimit',
  },
  async measured => {
    await fleet.whole(60_000)
    fleet.forget()
    const talk = await talkers.talk()
    await system.operations()
    const open = descriptors()
    const former = softLimit()
    const connections = count('tcp')
    limit(open + SPARE)
    const strangers: Socket[] = []
    const outcomes = new Map<string, number>()
    const from = performance.now()
    try {
      for (let i = 0; i < CONNECTIONS; i++) strangers.push(stranger())
      await pause(500)
      assert.ok(descriptors() >= open + SPARE - 2, `${descriptors()} of ${open + SPARE} are open`)
      while (performance.now() - from < EXHAUSTED_MS) {
        const refusal = await talkers.attempt()
        const outcome = refusal === undefined ? 'answered' : String(refusal.status)
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        assert.equal(await fleet.registerOne(), undefined)
        await talk.heard()
        await pause(200)
      }
    } finally {
      limit(former)
      for (const socket of strangers) socket.destroy()
    }
    assert.ok(system.process.running)
    assert.deepEqual(fleet.broken, [])
    assert.equal(fleet.live.size, CALLS)
    assert.deepEqual(
      [...outcomes.keys()].filter(outcome => !['answered', '500', '503'].includes(outcome)),
      [],
    )
    const freed = performance.now()
    const late = await createTalkers(system, ['3003', '3004'])
    await late.register()
    await eventually(async () => (await late.attempt()) === undefined, 60_000, 'a new call')
    await (await late.talk()).hangUp()
    await late.stop()
    const back = Math.round(performance.now() - freed)
    await talk.heard()
    await talk.hangUp()
    // Media keeps sockets for the next calls for a while; what strangers opened goes at once.
    await eventually(() => count('tcp') <= connections, 30_000, 'the connections given back').catch(() => {
      assert.fail(`${count('tcp')} connections instead of ${connections}`)
    })
    assert.equal(accepted(await (await system.operations()).status()).held.bans, 0)
    measured('open before, limit', `${open}, ${open + SPARE}`)
    measured('new calls meanwhile', [...outcomes].map(([outcome, count]) => `${count} x ${outcome}`).join(', '))
    measured('then, until new phones had registered and talked', `${back} ms`)
    measured('open after', `${descriptors()}, of them ${count('udp')} for media`)
  },
)
