/** Cases of the contract: opening, closing, capacity, and what the observer is told. */
import assert from 'node:assert/strict'
import { ManualClock } from '../../base/clock.ts'
import { randomInteger } from '../../base/random.ts'
import { parseSdp } from '../sdp/index.ts'
import { accepted, connect, type EngineFactory, LOCAL, refused, staged, talk } from './harness.ts'

function portOf(text: string): number {
  const parsed = parseSdp(text)
  assert.ok(parsed.ok)
  return parsed.value.media[0]!.port
}

/** Two pairs and no more, where nobody else is likely to be. */
function twoPairs(): { from: number; to: number } {
  const from = 32_000 + 4 * randomInteger(6000)
  return { from, to: from + 3 }
}

const QUARANTINE_MS = 5000

export function lifecycleCases(create: EngineFactory): void {
  staged('close gives the last report, again and again, and ends the bridge', create, async stage => {
    const { bridge, a, b } = await stage.call()
    await talk(a, b)
    assert.equal(stage.engine.bridgeCount, 1)
    const [first, second] = await Promise.all([bridge.close(), bridge.close()])
    assert.equal(first.a.packetsReceived, 1)
    assert.deepEqual(second, first)
    assert.deepEqual(await bridge.close(), first)
    assert.deepEqual(await bridge.report(), first)
    assert.equal(stage.engine.bridgeCount, 0)
    await assert.rejects(bridge.offer('a', a.offer()), { code: 'MEDIA_CLOSED' })
  })

  staged('a bridge that was never used can be asked and closed', create, async stage => {
    const bridge = await stage.bridge()
    assert.equal((await bridge.report()).a.packetsReceived, 0)
    await bridge.rollback()
    assert.equal((await bridge.close()).b.suite, undefined)
  })

  staged('an answer without an offer is the mistake of the caller', create, async stage => {
    const { bridge, b } = await stage.call()
    const fresh = await stage.bridge('fresh')
    await assert.rejects(fresh.answer('b', b.offer()), { code: 'MEDIA_BAD_STATE' })
    await assert.rejects(bridge.answer('a', b.offer()), { code: 'MEDIA_BAD_STATE' })
  })

  const clock = new ManualClock()
  staged(
    'ports are bounded, and rest before they are used again, on every path',
    create,
    async stage => {
      const phone = await stage.phone()
      const bridge = await stage.bridge()
      const used = [portOf(accepted(await bridge.offer('a', phone.offer())).sdp)]
      const b = await stage.phone()
      await bridge.rollback()
      // The rolled-back pair rests: only one is left, which is not enough for a call.
      await assert.rejects(stage.engine.openBridge({ callId: 'x', a: LOCAL, b: LOCAL }), { code: 'MEDIA_NO_CAPACITY' })
      const offered = accepted(await bridge.offer('a', phone.offer()))
      used.push(portOf(offered.sdp))
      assert.notEqual(used[0], used[1])
      assert.equal(refused(await bridge.answer('b', b.answer(offered.sdp))).reason, 'no-capacity')
      await bridge.close()
      clock.advance(QUARANTINE_MS - 1)
      await assert.rejects(stage.engine.openBridge({ callId: 'x', a: LOCAL, b: LOCAL }), { code: 'MEDIA_NO_CAPACITY' })
      clock.advance(1)
      const next = await stage.bridge()
      await connect(next, 'a', phone, b)
      await talk(phone, b)
      await assert.rejects(stage.engine.openBridge({ callId: 'x', a: LOCAL, b: LOCAL }), { code: 'MEDIA_NO_CAPACITY' })
      await next.close()
    },
    { clock, ports: twoPairs() },
  )

  staged('several bridges with the same caller: one is answered, the others are closed', create, async stage => {
    const a = await stage.phone()
    const b = await stage.phone()
    const bridges = await Promise.all(['1', '2', '3'].map(id => stage.bridge(id)))
    assert.equal(new Set(bridges.map(bridge => bridge.id)).size, 3)
    const offer = a.offer()
    const offers = await Promise.all(bridges.map(bridge => bridge.offer('a', offer)))
    a.take(accepted(await bridges[1]!.answer('b', b.answer(accepted(offers[1]!).sdp))).sdp)
    await Promise.all([bridges[0]!.close(), bridges[2]!.close()])
    await talk(a, b)
  })

  staged(
    'quality is told at each interval',
    create,
    async stage => {
      const { bridge, a, b } = await stage.call()
      await talk(a, b)
      await stage.observed.until(() => stage.observed.quality.length >= 2)
      const { bridge: told, report } = stage.observed.quality.at(-1)!
      assert.equal(told, bridge)
      assert.equal(report.a.packetsReceived, 1)
    },
    { reportIntervalMs: 100 },
  )

  staged(
    'a side that falls silent is told, the other not, and neither while on hold',
    create,
    async stage => {
      const { bridge, a, b } = await stage.call()
      await connect(bridge, 'a', a, b, { offer: { direction: 'sendonly' }, answer: { direction: 'recvonly' } })
      await stage.observed.until(() => stage.observed.quality.length >= 6)
      assert.equal(stage.observed.silent.length, 0)
      await connect(bridge, 'a', a, b)
      const speaking = keepTalking(a)
      await stage.observed.until(() => stage.observed.silent.length > 0)
      await stage.observed.until(() => stage.observed.silent.length > 1)
      speaking.stop()
      const [first, second] = stage.observed.silent
      assert.deepEqual([first?.side, second?.side], ['b', 'b'])
      assert.ok(first!.silentForMs >= 1000 && second!.silentForMs >= first!.silentForMs + 1000)
    },
    { mediaTimeoutMs: 1000, reportIntervalMs: 250 },
  )
}

/** A packet every 50 ms. */
function keepTalking(phone: { send(): void }): { stop(): void } {
  const timer = setInterval(() => phone.send(), 50)
  return { stop: () => clearInterval(timer) }
}
