import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { describe, test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { accepted, connect, Stage, staged, talk } from '../contract/harness.ts'
import { mediaEngineContract } from '../contract/media-engine.contract.ts'
import type { EngineFactory } from '../contract/harness.ts'
import type { RelayEngine } from './relay-engine.ts'
import { createRelayEngine } from './relay-engine.ts'

const create: EngineFactory = options => createRelayEngine({ workers: 1, ...options })

mediaEngineContract('relay', create)
mediaEngineContract('relay without native code', options =>
  createRelayEngine({ workers: 1, nativeCode: false, ...options }),
)

function isSocket(descriptor: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('socket:')
  } catch {
    return false
  }
}

describe('relay', () => {
  staged('a worker that dies ends its bridges, and the engine goes on', create, async stage => {
    const engine = stage.engine as RelayEngine
    const { bridge, a, b } = await stage.call()
    await talk(a, b)
    await engine.killWorker(0)
    await stage.observed.until(() => stage.observed.failed.length === 1)
    assert.equal(stage.observed.failed[0]!.bridge, bridge)
    assert.deepEqual(stage.observed.deadWorkers, [{ worker: 0, bridges: 1 }])
    await bridge.close()
    assert.equal(engine.bridgeCount, 0)
    for (;;) {
      const open = await engine
        .openBridge({ callId: 'next', a: { localAddress: '127.0.0.1' }, b: { localAddress: '127.0.0.1' } })
        .catch(() => undefined)
      await open?.close()
      if (open !== undefined) break
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    const next = await stage.call()
    await talk(next.a, next.b)
  })

  staged('a phone that is transferred keeps suite, key and contexts', create, async stage => {
    const { bridge, a, b } = await stage.call({ suites: ['AES_CM_128_HMAC_SHA1_80'] })
    await talk(a, b)
    const keyBefore = a.remoteKey
    const c = await stage.phone({ ssrc: 0xcccc_cccc })
    const next = await stage.engine.openBridge({
      callId: 'next',
      a: { localAddress: '127.0.0.1', continues: { bridge, side: 'a' } },
      b: { localAddress: '127.0.0.1' },
    })
    // As in a blind transfer: what a said is offered to c; what c answered is offered to a.
    const offered = accepted(await next.offer('a', a.offer()))
    const answer = c.answer(offered.sdp)
    accepted(await next.answer('b', answer))
    const reoffer = accepted(await next.offer('b', answer))
    assert.match(reoffer.sdp, /a=crypto:4 AES_CM_128_HMAC_SHA1_80[\s\S]*a=crypto:1 AEAD_AES_256_GCM/)
    const answered = accepted(await next.answer('a', a.answer(reoffer.sdp)))
    c.take(answered.sdp)
    assert.equal(a.remoteKey, keyBefore)
    // The bridge that a leaves may still speak to it: one context serves both.
    const late = a.next()
    b.send()
    await late
    await bridge.close()
    await talk(a, c)
    await talk(a, c)
    const report = await next.report()
    assert.equal(report.a.packetsUnauthenticated, 0)
    assert.equal(report.a.packetsReplayed, 0)
  })

  staged('under a key that goes on, nobody makes the relay use an index twice', create, async stage => {
    const { bridge, a, b } = await stage.call()
    await talk(a, b)
    // The same source and sequence numbers as b had.
    const c = await stage.phone({ ssrc: b.ssrc })
    const next = await stage.engine.openBridge({
      callId: 'next',
      a: { localAddress: '127.0.0.1', continues: { bridge, side: 'a' } },
      b: { localAddress: '127.0.0.1' },
    })
    await connect(next, 'a', a, c)
    await bridge.close()
    const before = a.raw.length
    c.send()
    const heard = a.next()
    c.send()
    await heard
    assert.equal(a.raw.length, before + 1, 'the first had an index of b')
  })

  staged('without the bridge that it came from, a phone gets a new key', create, async stage => {
    const { bridge, a, b } = await stage.call()
    await talk(a, b)
    const keyBefore = a.remoteKey
    await bridge.close()
    const c = await stage.phone({ ssrc: 0xcccc_cccc })
    const next = await stage.engine.openBridge({
      callId: 'next',
      a: { localAddress: '127.0.0.1', continues: { bridge, side: 'a' } },
      b: { localAddress: '127.0.0.1' },
    })
    await connect(next, 'a', a, c)
    assert.notEqual(a.remoteKey, keyBefore)
    await talk(a, c)
  })

  staged('the suite in use is offered first, so that nobody changes it in a call', create, async stage => {
    const { bridge, a, b } = await stage.call({ suites: ['AES_CM_128_HMAC_SHA1_80'] })
    const { offered } = await connect(bridge, 'b', b, a)
    assert.match(offered, /a=crypto:4 AES_CM_128_HMAC_SHA1_80 [^\r]*\r\na=crypto:1 AEAD_AES_256_GCM/)
    await talk(a, b)
  })

  test('neither a worker that dies nor one that is stopped leaves a socket open', { timeout: 15_000 }, async () => {
    const openSockets = (): number =>
      process.platform === 'linux' ? readdirSync('/proc/self/fd').filter(isSocket).length : 0
    const before = openSockets()
    const stage = new Stage(create)
    await stage.engine.start()
    await stage.call()
    assert.ok(process.platform !== 'linux' || openSockets() > before + 8)
    await (stage.engine as RelayEngine).killWorker(0)
    await stage.observed.until(() => stage.observed.failed.length === 1)
    await stage.end()
    assert.equal(openSockets(), before)
  })

  test('options that cannot work are refused', () => {
    const observer = { quality() {}, silent() {}, failed() {} }
    const with_ = (ports: { from: number; to: number }, workers = 1): (() => unknown) => {
      return () => createRelayEngine({ clock: systemClock, observer, ports, workers })
    }
    assert.throws(with_({ from: 1, to: 100 }), RangeError)
    assert.throws(with_({ from: 30_000, to: 29_000 }), RangeError)
    assert.throws(with_({ from: 30_000, to: 30_001 }), RangeError)
    assert.throws(with_({ from: 30_000, to: 31_000 }, 0), RangeError)
  })
})
