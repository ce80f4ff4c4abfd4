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
})
