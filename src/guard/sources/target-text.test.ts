import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTarget } from './target-text.ts'

test('addresses, networks, systems and countries, as people type them', () => {
  for (const [text, kind, value] of [
    ['198.51.100.7', 'address', '198.51.100.7'],
    [' 198.51.100.7/32 ', 'address', '198.51.100.7'],
    ['2001:DB8::1', 'address', '2001:db8::1'],
    ['::ffff:198.51.100.7', 'address', '198.51.100.7'],
    ['198.51.100.0/24', 'network', '198.51.100.0/24'],
    ['2001:db8::/32', 'network', '2001:db8::/32'],
    ['as64500', 'as', 'AS64500'],
    ['country:xx', 'country', 'XX'],
  ] as const) {
    assert.deepEqual(readTarget(text), { kind, value }, text)
  }
  for (const name of ['101', 'ann', 'k7f3q9x2m1', 'AS', 'country:XXX', '1.2.3']) {
    assert.equal(readTarget(name), undefined, name)
  }
})

test('the whole internet is not banned by a slip', () => {
  for (const text of ['0.0.0.0/0', '10.0.0.0/7', '::/0', '2000::/3', '300.1.1.1/24', '1.2.3.4/33']) {
    const read = readTarget(text)
    assert.ok(read !== undefined && 'problem' in read, text)
  }
})
