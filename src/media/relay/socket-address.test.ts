import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { readSocketAddress, writeSocketAddress } from './socket-address.ts'

const octets = Buffer.alloc(64)

test('every address is read as it was written', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6())
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 65_535 }), (text, port) => {
      const length = writeSocketAddress({ address: text, port }, octets, 8)
      const read = readSocketAddress(octets, 8)!
      assert.equal(read.port, port)
      assert.equal(isIP(read.address), text.includes(':') ? 6 : 4)
      const again = Buffer.alloc(length)
      assert.equal(writeSocketAddress(read, again, 0), length)
      assert.deepEqual(again, octets.subarray(8, 8 + length))
    }),
  )
})

for (const [written, text] of [
  ['2001:0DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['::', '::'],
  ['::1', '::1'],
  ['fe80:0:0:0:0:0:0:0', 'fe80::'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
] as const) {
  test(`${written} is said as ${text} (RFC 5952 §4)`, () => {
    writeSocketAddress({ address: written, port: 1 }, octets, 0)
    assert.equal(readSocketAddress(octets, 0)!.address, text)
  })
}

test('another family is no address', () => {
  octets.fill(0)
  octets.writeUInt16LE(1, 0)
  assert.equal(readSocketAddress(octets, 0), undefined)
})
