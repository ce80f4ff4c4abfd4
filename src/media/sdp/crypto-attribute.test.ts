import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formatCrypto, parseCrypto, sessionParametersAcceptable } from './crypto-attribute.ts'

const KEY = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR'

describe('a=crypto (RFC 4568)', () => {
  test('§4: the examples', () => {
    const plain = parseCrypto(`1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|2^20|1:32`)
    assert.equal(plain, undefined, 'an MKI of 32 octets is longer than anyone needs')
    const short = parseCrypto(`1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|2^20|1:4`)
    assert.equal(short?.tag, 1)
    assert.equal(short?.suite, 'AES_CM_128_HMAC_SHA1_80')
    assert.equal(short?.keys[0]?.keyAndSalt.length, 30)
    assert.equal(short?.keys[0]?.lifetime, 2 ** 20)
    assert.deepEqual(short?.keys[0]?.mki, Buffer.from([0, 0, 0, 1]))
  })

  test('several keys, each with its MKI', () => {
    const crypto = parseCrypto(
      `2 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|2^20|1:4;inline:${KEY}|1048576|2:4 KDR=0 WSH=128`,
    )
    assert.deepEqual(
      crypto?.keys.map(({ lifetime, mki }) => [lifetime, mki?.readUInt32BE()]),
      [
        [2 ** 20, 1],
        [2 ** 20, 2],
      ],
    )
    assert.deepEqual(crypto?.sessionParameters, ['KDR=0', 'WSH=128'])
  })

  for (const text of [
    '',
    '1',
    '1 AES_CM_128_HMAC_SHA1_80',
    `x AES_CM_128_HMAC_SHA1_80 inline:${KEY}`,
    `1 AES_CM_128_HMAC_SHA1_80 ${KEY}`,
    '1 AES_CM_128_HMAC_SHA1_80 inline:',
    '1 AES_CM_128_HMAC_SHA1_80 inline:not*base64*at*all*here',
    `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|2^49`,
    `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|0`,
    `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|1:0`,
    `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|256:1`,
    `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|1:4|2^20`,
    `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY};inline:${KEY}`,
    `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|1:4;inline:${KEY}|2:3`,
    `1 AES_CM_128_HMAC_SHA1_80 ${Array.from({ length: 5 }, (_, i) => `inline:${KEY}|${i}:1`).join(';')}`,
  ]) {
    test(`refused: ${text.slice(0, 80)}`, () => assert.equal(parseCrypto(text), undefined))
  }

  test('session parameters: only what weakens nothing', () => {
    for (const parameters of [[], ['KDR=0'], ['WSH=64'], ['-FUTURE=1']])
      assert.ok(sessionParametersAcceptable(parameters))
    for (const parameter of [
      'UNENCRYPTED_SRTP',
      'UNENCRYPTED_SRTCP',
      'UNAUTHENTICATED_SRTP',
      'KDR=1',
      'FEC_ORDER=FEC_SRTP',
      'FUTURE=1',
    ]) {
      assert.ok(!sessionParametersAcceptable([parameter]), parameter)
    }
  })

  test('property: what is written is read', () => {
    const suites = fc.stringMatching(/^[A-Z0-9_]{1,30}$/)
    fc.assert(
      fc.property(fc.nat(999), suites, fc.uint8Array({ minLength: 12, maxLength: 46 }), (tag, suite, key) => {
        const crypto = parseCrypto(formatCrypto(tag, suite, key))
        assert.equal(crypto?.tag, tag)
        assert.equal(crypto?.suite, suite)
        assert.deepEqual(crypto?.keys[0]?.keyAndSalt, Buffer.from(key))
      }),
    )
  })
})
