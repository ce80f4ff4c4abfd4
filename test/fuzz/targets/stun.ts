/** The STUN keep-alive of UDP flows (RFC 5626 §4.4.2, RFC 8489). */
import assert from 'node:assert/strict'
import { answerBindingRequest, isStun } from '../../../src/sip/transport/stun.ts'
import type { FuzzTarget } from '../engine/target.ts'

const request = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex')
const withAttributes = Buffer.from('000100102112a442b7e7a701bc34d686fa87dfae80220004746573748028000412345678', 'hex')
const withOne = Buffer.from('000100082112a442b7e7a701bc34d686fa87dfae0003000400000006', 'hex')
const PEERS = ['198.51.100.66', '2001:db8::66', '::1', '::ffff:1.2.3.4', 'fe80::1%eth0', 'nonsense'] as const

export const target: FuzzTarget = {
  name: 'stun',
  covers: ['src/sip/transport/stun.ts'],
  shape: 'octets',
  seeds: [
    request,
    withOne,
    withAttributes,
    Buffer.from('010100002112a442b7e7a701bc34d686fa87dfae', 'hex'),
    Buffer.alloc(20),
  ],
  maximumLength: 2_100,
  check(input) {
    for (const peer of PEERS) {
      const bytes = Buffer.from(input)
      const answer = answerBindingRequest(bytes, peer, 6666)
      if (answer === undefined) continue
      assert.ok(isStun(input) && input.readUInt16BE(0) === 1, 'an answer to something else than a binding request')
      assert.equal(input.readUInt16BE(2), input.length - 20, 'an answer to a request that lies about its length')
      assert.ok(answer.length <= 44, `${answer.length} octets`)
      assert.equal(answer.readUInt16BE(2), answer.length - 20)
      assert.deepEqual(answer.subarray(4, 20), input.subarray(4, 20))
      bytes.fill(0)
      assert.deepEqual(answer.subarray(4, 20), input.subarray(4, 20), 'the answer lies in the memory of the request')
    }
  },
}
