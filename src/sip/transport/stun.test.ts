import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerBindingRequest, isStun } from './stun.ts'

const TRANSACTION = 'b7e7a701bc34d686fa87dfae'
const binding = Buffer.from(`000100002112a442${TRANSACTION}`, 'hex')

// RFC 5769 §2.2 and §2.3: the XOR-MAPPED-ADDRESS of both sample responses.
test('RFC 5769: XOR-MAPPED-ADDRESS for 192.0.2.1 port 32853', () => {
  const answer = answerBindingRequest(binding, '192.0.2.1', 32853)!
  assert.equal(answer.toString('hex'), `0101000c2112a442${TRANSACTION}002000080001a147e112a643`)
})

test('RFC 5769: XOR-MAPPED-ADDRESS for 2001:db8:1234:5678:11:2233:4455:6677 port 32853', () => {
  const answer = answerBindingRequest(binding, '2001:db8:1234:5678:11:2233:4455:6677', 32853)!
  const expected = `010100182112a442${TRANSACTION}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`
  assert.equal(answer.toString('hex'), expected)
})

test('shortened IPv6 addresses', () => {
  for (const [short, long] of [
    ['::1', '0:0:0:0:0:0:0:1'],
    ['2001:db8::', '2001:db8:0:0:0:0:0:0'],
    ['fe80::1%lo', 'fe80:0:0:0:0:0:0:1'],
  ] as const) {
    assert.deepEqual(answerBindingRequest(binding, short, 1), answerBindingRequest(binding, long, 1))
  }
})

test('anything else gets no answer', () => {
  const altered = (hex: string, at: number): Buffer => {
    const copy = Buffer.from(binding)
    copy.write(hex, at, 'hex')
    return copy
  }
  for (const bytes of [
    altered('0101', 0),
    altered('0011', 0),
    altered('0004', 2),
    altered('0001', 2),
    altered('00', 4),
    binding.subarray(0, 19),
    Buffer.alloc(0),
  ]) {
    assert.equal(answerBindingRequest(bytes, '192.0.2.1', 5060), undefined)
  }
  assert.equal(isStun(Buffer.from('OPTIONS sip:a SIP/2.0\r\n')), false)
})
