import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { estimateIndex, ReplayWindow } from './replay-window.ts'

describe('replay window', () => {
  test('each index is admitted once', () => {
    const window = new ReplayWindow()
    for (const index of [5, 6, 9, 7, 200, 150, 73]) {
      assert.ok(window.admits(index), `${index} is new`)
      window.accept(index)
      assert.ok(!window.admits(index), `${index} was seen`)
    }
  })

  test('128 packets back is too old, 127 is not', () => {
    const window = new ReplayWindow()
    window.accept(1000)
    assert.ok(window.admits(1000 - 127))
    assert.ok(!window.admits(1000 - 128))
  })

  test('a window admits what a set of all seen indices admits', () => {
    const steps = fc.array(fc.integer({ min: -200, max: 400 }), { maxLength: 300 })
    fc.assert(
      fc.property(steps, fc.nat(2 ** 40), (moves, start) => {
        const window = new ReplayWindow()
        const seen = new Set<number>()
        let highest = -1
        let position = start
        for (const move of moves) {
          position = Math.max(0, position + move)
          const expected = !seen.has(position) && position > highest - 128
          assert.equal(window.admits(position), expected)
          if (!expected) continue
          window.accept(position)
          seen.add(position)
          highest = Math.max(highest, position)
        }
      }),
    )
  })
})

describe('index estimation (RFC 3711 §3.3.1, appendix A)', () => {
  for (const [name, highest, sequence, expected] of [
    ['before the first packet the sequence number is the index', -1, 65_535, 65_535],
    ['next in order', 100, 101, 101],
    ['roll-over', 65_535, 0, 65_536],
    ['roll-over with loss', 65_530, 20, 65_556],
    ['late packet of the round before', 65_536 + 3, 65_534, 65_534],
    ['exactly half a round ahead', 0x1_0000 + 100, 100 + 0x8000, 0x1_0000 + 100 + 0x8000],
    ['more than half a round ahead is behind', 0x1_0000 + 100, 101 + 0x8000, 101 + 0x8000],
    ['half a round back', 0x1_0000 + 0x9000, 0x1000, 0x1_0000 + 0x1000],
    ['more than half a round back is the next round', 0x1_0000 + 0x9000, 0x0fff, 0x2_0000 + 0x0fff],
    ['there is no round before the first', 2, 65_530, 65_530],
    ['a roll-over counter of 32 bits', 0xffff_ffff * 0x1_0000 + 10, 11, 0xffff_ffff * 0x1_0000 + 11],
  ] as const) {
    test(name, () => assert.equal(estimateIndex(highest, sequence), expected))
  }

  test('every index less than half a round away is estimated right', () => {
    const property = fc.property(
      fc.integer({ min: 0x1_0000, max: 2 ** 47 }),
      fc.integer({ min: -0x7fff, max: 0x7fff }),
      (highest, away) => assert.equal(estimateIndex(highest, (highest + away) % 0x1_0000), highest + away),
    )
    fc.assert(property)
  })
})
