import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DropCounts } from './drop-counts.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

test('counts by rule over the last hour and the last day, and forgets what is older', () => {
  const counts = new DropCounts()
  const start = 90_000_000
  for (let i = 0; i < 10; i++) counts.add('a', 'capRate', start)
  counts.add('b', 'dropScanner', start + 2 * HOUR)
  assert.deepEqual(counts.rules(start + 2 * HOUR), [
    { rule: 'capRate', lastHour: 0, lastDay: 10 },
    { rule: 'dropScanner', lastHour: 1, lastDay: 1 },
  ])
  assert.deepEqual(counts.rules(start + 24 * HOUR + MINUTE), [{ rule: 'dropScanner', lastHour: 0, lastDay: 1 }])
  assert.deepEqual(counts.rules(start + 100 * HOUR), [])
})

test('names the sources that were stopped most', () => {
  const counts = new DropCounts()
  for (let i = 0; i < 5; i++) counts.add('often', i === 4 ? 'dropBanned' : 'capRate', i)
  counts.add('once', 'capRate', 10)
  assert.deepEqual(counts.sources(20, 1), [{ source: 'often', stopped: 5, rule: 'dropBanned' }])
  assert.deepEqual(counts.sources(25 * HOUR, 10), [])
})
