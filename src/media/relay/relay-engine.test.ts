import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { staged, talk } from '../contract/harness.ts'
import { mediaEngineContract } from '../contract/media-engine.contract.ts'
import type { EngineFactory } from '../contract/harness.ts'
import type { RelayEngine } from './relay-engine.ts'
import { createRelayEngine } from './relay-engine.ts'

const create: EngineFactory = options => createRelayEngine({ workers: 1, ...options })

mediaEngineContract('relay', create)
mediaEngineContract('relay without native code', options =>
  createRelayEngine({ workers: 1, nativeCode: false, ...options }),
)

describe('relay', () => {
  staged('a worker that dies ends its bridges, and the engine goes on', create, async stage => {
    const engine = stage.engine as RelayEngine
    const { bridge, a, b } = await stage.call()
    await talk(a, b)
    await engine.killWorker(0)
    await stage.observed.until(() => stage.observed.failed.length === 1)
    assert.equal(stage.observed.failed[0]!.bridge, bridge)
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
