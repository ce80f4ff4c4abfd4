import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { meanOpinionScore, scoreOf } from './opinion-score.ts'
import { ReceptionStatistics } from './reception.ts'

/** Sequence numbers as they arrive, one each 20 ms. */
function received(sequences: readonly number[]): ReceptionStatistics {
  const statistics = new ReceptionStatistics(1, 8000)
  for (const [i, sequence] of sequences.entries())
    statistics.record(sequence & 0xffff, sequence * 160, 160, i * 20, 8000)
  return statistics
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

describe('loss (RFC 3550 appendix A.3)', () => {
  for (const [name, sequences, expected, lost] of [
    ['nothing', [], 0, 0],
    ['all there', range(100, 200), 100, 0],
    ['two missing', [1, 2, 4, 5, 7], 7, 2],
    ['out of order is not lost', [1, 3, 2, 5, 4], 5, 0],
    ['a late one before the first', [10, 9, 11], 3, 0],
    ['roll-over', [65_534, 65_535, 65_536, 65_538], 5, 1],
    ['duplicates do not hide much', [1, 1, 2, 4], 4, 0],
    ['a restart of the source is no loss', [...range(100, 110), ...range(30_000, 30_010)], 20, 0],
  ] as const) {
    test(name, () => {
      const statistics = received(sequences)
      assert.equal(statistics.expected, expected)
      assert.equal(statistics.lost, lost)
    })
  }

  test('the report block states the loss since the one before', () => {
    const statistics = received([1, 2, 3, 5])
    assert.equal(statistics.reportBlock(0, 0).fractionLost, Math.floor(256 / 5))
    for (const sequence of [6, 7, 8, 9]) statistics.record(sequence, sequence * 160, 160, 0, 8000)
    const block = statistics.reportBlock(1, 2)
    assert.equal(block.fractionLost, 0)
    assert.equal(block.packetsLost, 1)
    assert.equal(block.highestSequence, 9)
  })
})

describe('jitter (RFC 3550 appendix A.8)', () => {
  test('none when packets come as they were sent, though the timestamp wraps', () => {
    const statistics = new ReceptionStatistics(1, 8000)
    for (let i = 0; i < 200; i++)
      statistics.record(i, (0xffff_f000 + i * 160) % 0x1_0000_0000, 160, 1000 + i * 20, 8000)
    assert.ok(statistics.jitterMs < 0.001, `${statistics.jitterMs}`)
  })

  test('settles at the mean deviation', () => {
    const statistics = new ReceptionStatistics(1, 8000)
    for (let i = 0; i < 400; i++) statistics.record(i, i * 160, 160, i * 20 + (i % 2) * 10, 8000)
    assert.ok(Math.abs(statistics.jitterMs - 10) < 0.1, `${statistics.jitterMs}`)
  })

  test('a silence in between is none', () => {
    const statistics = new ReceptionStatistics(1, 8000)
    for (let i = 0; i < 50; i++) statistics.record(i, i * 160, 160, i * 20, 8000)
    statistics.record(50, 50 * 160, 160, 60_000, 8000)
    assert.ok(statistics.jitterMs < 0.001, `${statistics.jitterMs}`)
  })
})

describe('opinion score (ITU-T G.107)', () => {
  test('the rating of annex B', () => {
    for (const [rating, score] of [
      [100, 4.5],
      [93.2, 4.41],
      [80, 4.02],
      [70, 3.6],
      [60, 3.1],
      [50, 2.58],
      [0, 1],
      [-5, 1],
    ] as const) {
      assert.ok(Math.abs(scoreOf(rating) - score) < 0.01, `${rating}: ${scoreOf(rating)}`)
    }
  })

  test('falls with loss, with delay and with the codec', () => {
    const good = { codec: 'PCMU', lossRatio: 0, jitterMs: 0, roundTripMs: 20 }
    const best = meanOpinionScore(good)
    assert.ok(best > 4.3 && best <= 4.5, `${best}`)
    assert.ok(meanOpinionScore({ ...good, lossRatio: 0.05 }) < best - 0.3)
    assert.ok(meanOpinionScore({ ...good, roundTripMs: 800 }) < best - 0.5)
    assert.ok(meanOpinionScore({ ...good, codec: 'G729' }) < best - 0.2)
    assert.equal(meanOpinionScore({ ...good, lossRatio: 1, roundTripMs: 4000 }), 1)
  })
})
