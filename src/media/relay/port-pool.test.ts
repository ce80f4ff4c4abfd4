import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { PortPool } from './port-pool.ts'
import type { PairName } from './protocol.ts'

/** A pool whose binds are answered by hand. */
function pool(portCount: number): {
  pool: PortPool
  clock: ManualClock
  asked: PairName[]
  unbound: PairName[]
  answer(failed?: readonly number[]): void
} {
  const clock = new ManualClock()
  const asked: PairName[] = []
  const unbound: PairName[] = []
  const ports = Array.from({ length: portCount }, (_, i) => 20_000 + 2 * i)
  const made = new PortPool({
    address: '127.0.0.1',
    ports,
    clock,
    quarantineMs: 5000,
    bind: pairs => void asked.push(...pairs),
    unbind: pairs => void unbound.push(...pairs),
  })
  const answer = (failed: readonly number[] = []): void => {
    const names = asked.splice(0)
    made.bound(
      names.filter(({ port }) => !failed.includes(port)),
      names.filter(({ port }) => failed.includes(port)),
    )
  }
  return { pool: made, clock, asked, unbound, answer }
}

describe('port pool', () => {
  test('a released pair rests five seconds, and the longest unused goes first', async () => {
    const { pool: ports, clock, answer } = pool(3)
    const waiting = [ports.acquire(), ports.acquire(), ports.acquire()]
    answer()
    const pairs = await Promise.all(waiting)
    await assert.rejects(ports.acquire(), { code: 'MEDIA_NO_CAPACITY' })
    ports.release(pairs[1]!)
    clock.advance(1000)
    ports.release(pairs[0]!)
    clock.advance(3999)
    await assert.rejects(ports.acquire(), { code: 'MEDIA_NO_CAPACITY' })
    assert.equal(ports.available, 0)
    clock.advance(1)
    assert.equal(ports.available, 1)
    assert.equal((await ports.acquire()).port, pairs[1]!.port)
    clock.advance(1000)
    assert.equal((await ports.acquire()).port, pairs[0]!.port)
  })

  test('ports that somebody else holds are passed over', async () => {
    const { pool: ports, answer } = pool(40)
    const waiting = ports.acquire()
    answer(Array.from({ length: 16 }, (_, i) => 20_000 + 2 * i))
    answer()
    assert.equal((await waiting).port, 20_032)
  })

  test('when nothing can be bound, whoever waits is told', async () => {
    const { pool: ports, asked, answer } = pool(20)
    const waiting = ports.acquire()
    for (let i = 0; i < 5 && asked.length > 0; i++) answer(asked.map(({ port }) => port))
    await assert.rejects(waiting, { code: 'MEDIA_NO_CAPACITY' })
  })

  test('a burst of bridges is served by one bind after the other', async () => {
    const { pool: ports, asked, answer } = pool(100)
    const waiting = Array.from({ length: 60 }, () => ports.acquire())
    while (asked.length > 0) answer()
    const given = await Promise.all(waiting)
    assert.equal(new Set(given.map(({ port }) => port)).size, 60)
  })

  test('idle pairs are bounded', async () => {
    const { pool: ports, clock, asked, unbound, answer } = pool(3000)
    const waiting = Array.from({ length: 2500 }, () => ports.acquire())
    while (asked.length > 0) answer()
    for (const pair of await Promise.all(waiting)) ports.release(pair)
    clock.advance(5000)
    assert.equal(ports.available, 3000)
    assert.ok(unbound.length >= 2500 - 2048, `${unbound.length}`)
  })

  test('after a rush the sockets go back to the system, but for a reserve; what is needed stays', async () => {
    const { pool: ports, clock, asked, unbound, answer } = pool(1000)
    const waiting = Array.from({ length: 400 }, () => ports.acquire())
    while (asked.length > 0) answer()
    const pairs = await Promise.all(waiting)
    const kept = pairs.splice(0, 100)
    for (const pair of pairs) ports.release(pair)
    clock.advance(30_000)
    assert.equal(unbound.length, 0, 'not yet known to be idle')
    // In each half minute 50 more are taken at once and given back.
    for (let i = 0; i < 3; i++) {
      const some = await Promise.all(Array.from({ length: 50 }, () => ports.acquire()))
      clock.advance(20_000)
      for (const pair of some) ports.release(pair)
      clock.advance(10_000)
    }
    const bound = 400 + 4 - unbound.length
    assert.ok(bound >= 150 && bound <= 100 + 50 + 2 * 16, `${bound} pairs are bound`)
    for (const pair of kept) ports.release(pair)
    clock.advance(120_000)
    assert.ok(400 - unbound.length <= 16, `${400 - unbound.length} pairs are bound`)
    assert.equal(ports.available, 1000)
    assert.equal(clock.pendingCount, 0)
  })

  test('a pool that is stopped has no timer', async () => {
    const { pool: ports, clock, answer } = pool(40)
    const waiting = ports.acquire()
    answer()
    ports.release(await waiting)
    assert.equal(clock.pendingCount, 1)
    ports.stop()
    assert.equal(clock.pendingCount, 0)
  })
})
