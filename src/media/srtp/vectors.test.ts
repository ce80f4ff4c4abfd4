/**
 * The test vectors of RFC 3711 (appendix B), RFC 6188 (section 7) and RFC 7714 (sections 16 and 17), for each of our
 * back-ends. Left out, and why: RFC 3711 B.1 (AES-f8, which SDES suites of ours do not use), RFC 6188 §7.3 and §7.4 (192-bit
 * keys, not offered), RFC 7714 §16.1.3, §16.2.3, §17.3 and §17.4 (authentication without encryption: refused, tested below).
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CipherBackend, nativeBackend, nodeBackend } from './cipher-backend.ts'
import { type DerivedKeys, deriveKeys, type SessionKeys } from './key-derivation.ts'
import type { PacketCipher } from './packet-cipher.ts'
import { createSrtpReceiver, REFUSED } from './receiver.ts'
import { createSrtpSender } from './sender.ts'
import { type SuiteName, suiteNamed } from './suites.ts'

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')

function fromSessionKeys(backend: CipherBackend, name: SuiteName, key: string, salt: string): PacketCipher {
  const keys: SessionKeys = { encryption: hex(key), salt: hex(salt), authentication: Buffer.alloc(20) }
  const derived: DerivedKeys = { rtp: keys, rtcp: keys }
  return backend.create(suiteNamed(name)!, derived)
}

describe('key derivation', () => {
  test('RFC 3711 B.3: AES-128', () => {
    const keys = deriveKeys(
      suiteNamed('AES_CM_128_HMAC_SHA1_80')!,
      hex('E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6'),
    )
    assert.deepEqual(keys.rtp.encryption, hex('C61E7A93744F39EE10734AFE3FF7A087'))
    assert.deepEqual(keys.rtp.salt, hex('30CBBC08863D8C85D49DB34A9AE1'))
    // The RFC derives 94 octets; HMAC-SHA1 takes the first 20
    assert.deepEqual(keys.rtp.authentication, hex('CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA4'))
  })

  test('RFC 6188 §7.2: AES-256', () => {
    const keys = deriveKeys(
      suiteNamed('AES_256_CM_HMAC_SHA1_80')!,
      hex('f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6 3b04803de51ee7c96423ab5b78d2'),
    )
    assert.deepEqual(keys.rtp.encryption, hex('5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4'))
    assert.deepEqual(keys.rtp.salt, hex('fa31791685ca444a9e07c6c64e93'))
    assert.deepEqual(keys.rtp.authentication, hex('fd9c32d39ed5fbb5a9dc96b30818454d1313dc05'))
  })

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
    const keystream = (name: SuiteName, key: string): Buffer => {
      const cipher = fromSessionKeys(backend, name, key, 'F0F1F2F3F4F5F6F7F8F9FAFBFCFD')
      const packet = Buffer.alloc(12 + 48)
      packet[0] = 0x80
      const output = Buffer.alloc(128)
      const length = cipher.protectRtp(packet, packet.length, 12, 0, 0, output)
      assert.equal(length, 12 + 48 + 10)
      return output.subarray(12, 60)
    }

    // The last blocks of the RFCs' segments (counter FEFF to FF01) lie beyond the longest packet.
    test('RFC 3711 B.2: AES-CM keystream', () => {
      assert.deepEqual(
        keystream('AES_CM_128_HMAC_SHA1_80', '2B7E151628AED2A6ABF7158809CF4F3C'),
        hex('E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0'),
      )
    })

    test('RFC 6188 §7.1: AES-256-CM keystream', () => {
      assert.deepEqual(
        keystream('AES_256_CM_HMAC_SHA1_80', '57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98'),
        hex('92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac 63c4868b7096d88421b563b8c94c9a31'),
      )
    })

    const SALT = '517569642070726f2071756f'
    const KEY_128 = '000102030405060708090a0b0c0d0e0f'
    const KEY_256 = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
    const RTP = hex(
      '8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573',
    )
    const RTP_INDEX = 0xf17b
    const RTP_SSRC = 0x5501a0b2

    for (const [section, name, key, sealed] of [
      [
        '§16.1',
        'AEAD_AES_128_GCM',
        KEY_128,
        'f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833 899d7f27beb16a9152cf765ee4390cce',
      ],
      [
        '§16.2',
        'AEAD_AES_256_GCM',
        KEY_256,
        '32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b 7aa3db36dfffd6b0f9bb7878d7a76c13',
      ],
    ] as const) {
      test(`RFC 7714 ${section}: SRTP ${name}`, () => {
        const cipher = fromSessionKeys(backend, name, key, SALT)
        const expected = Buffer.concat([RTP.subarray(0, 12), hex(sealed)])
        const output = Buffer.alloc(256)
        const length = cipher.protectRtp(RTP, RTP.length, 12, RTP_SSRC, RTP_INDEX, output)
        assert.deepEqual(output.subarray(0, length), expected)
        const plainLength = cipher.unprotectRtp(expected, expected.length, 12, RTP_SSRC, RTP_INDEX, output)
        assert.deepEqual(output.subarray(0, plainLength), RTP)
        expected[20]! ^= 1
        assert.equal(cipher.unprotectRtp(expected, expected.length, 12, RTP_SSRC, RTP_INDEX, output), -1)
      })
    }

    const RTCP = hex(
      '81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef',
    )
    const MARS = 0x4d617273
    const RTCP_INDEX = 0x5d4

    for (const [section, name, key, sealed] of [
      [
        '§17.1',
        'AEAD_AES_128_GCM',
        KEY_128,
        '63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade 800005d4',
      ],
      [
        '§17.2',
        'AEAD_AES_256_GCM',
        KEY_256,
        'd50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be 800005d4',
      ],
    ] as const) {
      test(`RFC 7714 ${section}: SRTCP ${name}`, () => {
        const cipher = fromSessionKeys(backend, name, key, SALT)
        const expected = Buffer.concat([RTCP.subarray(0, 8), hex(sealed)])
        const output = Buffer.alloc(256)
        const length = cipher.protectRtcp(RTCP, RTCP.length, MARS, RTCP_INDEX, output)
        assert.deepEqual(output.subarray(0, length), expected)
        const plainLength = cipher.unprotectRtcp(expected, expected.length, MARS, RTCP_INDEX, output)
        assert.deepEqual(output.subarray(0, plainLength), RTCP)
        expected[9]! ^= 1
        assert.equal(cipher.unprotectRtcp(expected, expected.length, MARS, RTCP_INDEX, output), -1)
      })
    }

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

    test('RFC 7714 §17.3: an SRTCP packet that is only authenticated is refused', () => {
      const tagged = hex(
        '81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef841dd9683dd78ec92ae58790125f62b3000005d4',
      )
      const receiver = createSrtpReceiver(
        suiteNamed('AEAD_AES_128_GCM')!,
        [{ keyAndSalt: Buffer.alloc(28) }],
        backend.create,
      )
      assert.equal(receiver.unprotectRtcp(tagged, Buffer.alloc(2048)), REFUSED.unauthenticated)
    })
  })
}
