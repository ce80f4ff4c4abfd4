/** Whole packets of an independent implementation, for each of our back-ends. The RFCs' own vectors: test/conformance/rfc3711, 6188 and 7714. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nativeBackend, nodeBackend } from './cipher-backend.ts'
import { deriveKeys } from './key-derivation.ts'
import { createSrtpReceiver } from './receiver.ts'
import { createSrtpSender } from './sender.ts'
import { suiteNamed } from './suites.ts'

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')

describe('key derivation', () => {
  test('a key of the wrong length is refused', () => {
    assert.throws(() => deriveKeys(suiteNamed('AEAD_AES_128_GCM')!, Buffer.alloc(30)), RangeError)
  })
})

const native = nativeBackend()

test('native OpenSSL works on this runtime', { skip: process.getBuiltinModule('node:ffi') === undefined }, () => {
  assert.notEqual(native, undefined)
})

for (const backend of native === undefined ? [nodeBackend] : [nodeBackend, native]) {
  describe(`ciphers on ${backend.name}`, () => {
    // Whole packets as libsrtp's own test driver has them: an independent implementation of derivation, cipher and tag.
    const PLAIN = hex(`800f1234decafbadcafebabe${'ab'.repeat(16)}`)
    for (const [name, keyAndSalt, sealed] of [
      [
        'AES_CM_128_HMAC_SHA1_80',
        'E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6',
        '4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb',
      ],
      [
        'AES_256_CM_HMAC_SHA1_80',
        'f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6 3b04803de51ee7c96423ab5b78d2',
        'f1d9de17ff251ff1aa007774b0b4b40da08d9d9a5b3a55d8873b',
      ],
      [
        'AEAD_AES_128_GCM',
        '000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab',
        'c5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392',
      ],
    ] as const) {
      test(`libsrtp: ${name}`, () => {
        const suite = suiteNamed(name)!
        const expected = Buffer.concat([PLAIN.subarray(0, 12), hex(sealed)])
        const output = Buffer.alloc(2048)
        const length = createSrtpSender(suite, hex(keyAndSalt), backend.create).protect(PLAIN, PLAIN.length, output)
        assert.deepEqual(output.subarray(0, length), expected)
        const receiver = createSrtpReceiver(suite, [{ keyAndSalt: hex(keyAndSalt) }], backend.create)
        assert.deepEqual(output.subarray(0, receiver.unprotect(expected, output)), PLAIN)
      })
    }

    test('libsrtp: SRTCP under AES_CM_128_HMAC_SHA1_80', () => {
      const plain = hex(`81c8000bcafebabe${'ab'.repeat(16)}`)
      const sealed = hex('81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798')
      const keyAndSalt = hex('E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6')
      const receiver = createSrtpReceiver(suiteNamed('AES_CM_128_HMAC_SHA1_80')!, [{ keyAndSalt }], backend.create)
      const output = Buffer.alloc(2048)
      assert.deepEqual(output.subarray(0, receiver.unprotectRtcp(sealed, output)), plain)
    })
  })
}
