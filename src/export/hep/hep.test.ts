/** HEP packets are read back by a reader of the specification. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeHep, type HepPacket } from './hep.ts'

/** Chunks by their type, from the specification's layout. */
function read(packet: Buffer): ReadonlyMap<number, Buffer> {
  assert.equal(packet.toString('ascii', 0, 4), 'HEP3')
  assert.equal(packet.readUInt16BE(4), packet.length)
  const chunks = new Map<number, Buffer>()
  for (let at = 6; at < packet.length; ) {
    assert.equal(packet.readUInt16BE(at), 0)
    const length = packet.readUInt16BE(at + 4)
    chunks.set(packet.readUInt16BE(at + 2), packet.subarray(at + 6, at + length))
    at += length
  }
  return chunks
}

const PACKET: HepPacket = {
  sourceAddress: '198.51.100.7',
  sourcePort: 5061,
  destinationAddress: '192.0.2.1',
  destinationPort: 40_000,
  protocol: 'TLS',
  at: 1_795_448_058_634.25,
  captureId: 2_001,
  correlation: '01a2090b-330a-7a2c-8249-7adf686ea403',
  payload: Buffer.from('OPTIONS sip:x SIP/2.0\r\n\r\n'),
}

test('every chunk says what it was given', () => {
  const chunks = read(encodeHep(PACKET))
  assert.deepEqual([...chunks.get(1)!, ...chunks.get(2)!], [2, 6])
  assert.deepEqual([...chunks.get(3)!], [198, 51, 100, 7])
  assert.deepEqual([...chunks.get(4)!], [192, 0, 2, 1])
  assert.deepEqual([chunks.get(7)!.readUInt16BE(), chunks.get(8)!.readUInt16BE()], [5061, 40_000])
  assert.deepEqual([chunks.get(9)!.readUInt32BE(), chunks.get(10)!.readUInt32BE()], [1_795_448_058, 634_250])
  assert.equal(chunks.get(11)!.readUInt8(), 1)
  assert.equal(chunks.get(12)!.readUInt32BE(), 2_001)
  assert.equal(chunks.get(15)!.toString(), 'OPTIONS sip:x SIP/2.0\r\n\r\n')
  assert.equal(chunks.get(17)!.toString(), PACKET.correlation)
})

test('IPv6, and IPv4 written as IPv6', () => {
  const six = read(encodeHep({ ...PACKET, sourceAddress: '2001:db8::7', destinationAddress: '::1' }))
  assert.equal(six.get(1)!.readUInt8(), 10)
  assert.equal(six.get(5)!.toString('hex'), '20010db8000000000000000000000007')
  assert.equal(six.get(6)!.toString('hex'), `${'0'.repeat(31)}1`)
  const mapped = read(encodeHep({ ...PACKET, sourceAddress: '::ffff:198.51.100.7' }))
  assert.deepEqual([...mapped.get(3)!], [198, 51, 100, 7])
})

test('what has no room is refused, not cut', () => {
  assert.throws(() => encodeHep({ ...PACKET, payload: Buffer.alloc(65_535) }), RangeError)
  assert.throws(() => encodeHep({ ...PACKET, sourceAddress: 'x' }), RangeError)
})
