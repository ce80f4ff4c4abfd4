import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digitsOf, generator, seedOfRun } from '../../test/support/phone-numbers.ts'
import { createPrefixTable } from './prefix-table.ts'

test('the longest prefix counts, of equal ones the last', () => {
  const table = createPrefixTable([
    ['4', 1],
    ['49', 2],
    ['4930', 3],
    ['49', 4],
    ['0', 5],
    ['00', 6],
    ['999999999999999', 7],
  ])
  assert.equal(table.size, 6)
  assert.equal(table.longest('4930901820'), 3)
  assert.equal(table.longest('+49301', 1), 3)
  assert.equal(table.longest('4931'), 4)
  assert.equal(table.longest('48'), 1)
  assert.equal(table.longest('5'), undefined)
  assert.equal(table.longest(''), undefined)
  assert.equal(table.longest('01'), 5)
  assert.equal(table.longest('001'), 6)
  assert.equal(table.longest('9999999999999999'), 7)
  assert.equal(createPrefixTable([]).longest('49'), undefined)
})

test('20,000 random prefixes: as a search through all of them finds', () => {
  const seed = seedOfRun()
  const pick = generator(seed)
  const prefixes = new Map<string, number>()
  for (let i = 0; i < 20_000; i++) prefixes.set(digitsOf(pick, 1 + pick(12)), i)
  const table = createPrefixTable(prefixes)
  assert.equal(table.size, prefixes.size)
  for (let run = 0; run < 5000; run++) {
    const digits = digitsOf(pick, 1 + pick(18))
    let expected: number | undefined
    for (let length = 1; length <= Math.min(15, digits.length); length++)
      expected = prefixes.get(digits.slice(0, length)) ?? expected
    assert.equal(table.longest(digits), expected, `SEED=${seed} ${digits}`)
  }
})

test('what is no prefix or no value is refused', () => {
  for (const prefix of ['', '+49', '4x', '1'.repeat(16)])
    assert.throws(() => createPrefixTable([[prefix, 1]]), RangeError)
  for (const value of [-1, 1.5, 2 ** 31, Number.NaN])
    assert.throws(() => createPrefixTable([['49', value]]), RangeError)
})
