import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initialTarget } from './target.ts'

const PUBLIC = { localAddress: '203.0.113.1', signallingAddress: '198.51.100.7' }
const OFFICE = { localAddress: '192.168.1.2', signallingAddress: '192.168.1.50' }
const HERE = { localAddress: '127.0.0.1', signallingAddress: undefined }

for (const [name, address, port, around, sends] of [
  ['a public address', '198.51.100.7', 4000, PUBLIC, true],
  ['another public address', '192.0.2.5', 4000, PUBLIC, true],
  ['a private address of a phone from outside', '192.168.1.50', 4000, PUBLIC, false],
  ['a private address next door', '192.168.1.51', 4000, OFFICE, true],
  ['the address that signals, whatever it is', '10.1.1.1', 4000, { ...PUBLIC, signallingAddress: '10.1.1.1' }, true],
  ['our own loopback, from outside', '127.0.0.1', 4000, PUBLIC, false],
  ['loopback on loopback', '127.0.0.1', 4000, HERE, true],
  ['multicast', '224.0.1.1', 4000, PUBLIC, false],
  ['broadcast', '255.255.255.255', 4000, PUBLIC, false],
  ['nowhere', '0.0.0.0', 4000, PUBLIC, false],
  ['a name', 'phone.example.com', 4000, PUBLIC, false],
  ['a port of the system', '198.51.100.7', 53, PUBLIC, false],
  ['the other family', '2001:db8::1', 4000, PUBLIC, false],
  ['IPv6', '2001:db8::1', 4000, { localAddress: '2001:db8::2', signallingAddress: undefined }, true],
  ['IPv6 multicast', 'ff02::1', 4000, { localAddress: '2001:db8::2', signallingAddress: undefined }, false],
] as const) {
  test(`${name}: ${sends ? 'sent to' : 'waited for'}`, () => {
    assert.deepEqual(initialTarget(address, port, around), sends ? { address, port } : undefined)
  })
}
