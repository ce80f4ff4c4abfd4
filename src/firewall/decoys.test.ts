import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDecoys } from './decoys.ts'

test('what dictionaries begin with is a decoy, but for what somebody here has', () => {
  const isDecoy = createDecoys({ exists: name => name === '100', own: ['Warehouse-Lift'], seed: 2 })
  for (const name of ['admin', 'ADMIN', '1000', 'asterisk', 'warehouse-lift']) assert.equal(isDecoy(name), true, name)
  for (const name of ['100', '', '101', 'k7f3q9x2m1', 'ann', `admin${' '.repeat(64)}`]) {
    assert.equal(isDecoy(name), false, name)
  }
})

test('of the numbers that an enumeration walks through some are made up, others in each installation, and none that exists', () => {
  const numbers = Array.from({ length: 9_000 }, (_, index) => String(1_000 + index))
  const madeUp = (seed: number): readonly string[] => numbers.filter(createDecoys({ exists: () => false, seed }))
  const [first, second] = [new Set(madeUp(1)), madeUp(2)]
  assert.ok(first.size > 300 && first.size < 900, String(first.size))
  assert.ok(second.filter(name => first.has(name)).length < first.size / 4)
  const other = createDecoys({ exists: name => first.has(name), seed: 1 })
  assert.deepEqual(
    [...first].filter(name => other(name)),
    [],
  )
  // Whoever walks through them in any order has met one before long.
  let longest = 0
  let run = 0
  for (const name of numbers) {
    run = first.has(name) ? 0 : run + 1
    longest = Math.max(longest, run)
  }
  assert.ok(longest < 250, String(longest))
})
