import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDecoys } from './decoys.ts'

test('what dictionaries begin with is a decoy, but for what somebody here has', () => {
  const isDecoy = createDecoys({ exists: name => name === '100', own: ['Warehouse-Lift'] })
  for (const name of ['admin', 'ADMIN', '1000', 'asterisk', 'warehouse-lift']) assert.equal(isDecoy(name), true, name)
  for (const name of ['100', '', '101', 'k7f3q9x2m1', 'ann', `admin${' '.repeat(64)}`]) {
    assert.equal(isDecoy(name), false, name)
  }
})
