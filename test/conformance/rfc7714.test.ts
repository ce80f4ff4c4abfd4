/** AES-GCM in SRTP (RFC 7714): every vector of sections 16 and 17, and that a changed packet or key does not verify. */
import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { createSrtpReceiver, REFUSED } from '../../src/media/srtp/receiver.ts'
import { suiteNamed } from '../../src/media/srtp/suites.ts'
import { backends, cipherOf, hex } from './srtp-vectors.ts'
import { conformance } from './table/conformance.ts'

const SALT = '517569642070726f2071756f'
const KEY_128 = '000102030405060708090a0b0c0d0e0f'
const KEY_256 = `${KEY_128}101112131415161718191a1b1c1d1e1f`

const RTP = hex(
  '8040f17b 8041f8d3 5501a0b2 47616c6c69612065737420 6f6d6e69732064697669736120 696e207061727465732074726573',
)
const RTP_INDEX = 0xf17b
const RTP_SSRC = 0x5501a0b2
const RTP_IV = '51753c6580c2726f20718414'
const RTP_HEADER = 12

interface Vector {
  readonly section: string
  readonly suite: 'AEAD_AES_128_GCM' | 'AEAD_AES_256_GCM'
  readonly key: string
  readonly sealed: string
  readonly tag: string
}

const SRTP: readonly Vector[] = [
  {
    section: '§16.1',
    suite: 'AEAD_AES_128_GCM',
    key: KEY_128,
    sealed: 'f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833',
    tag: '899d7f27beb16a9152cf765ee4390cce',
  },
  {
    section: '§16.2',
    suite: 'AEAD_AES_256_GCM',
    key: KEY_256,
    sealed: '32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b',
    tag: '7aa3db36dfffd6b0f9bb7878d7a76c13',
  },
]

for (const { section, suite, key, sealed, tag } of SRTP) {
  const protectedPacket = Buffer.concat([RTP.subarray(0, RTP_HEADER), hex(sealed), hex(tag)])

  conformance(`RFC 7714 ${section}.1`, `SRTP ${suite} encryption`, `the packet of the vector, tag ${tag}`, () => {
    for (const backend of backends) {
      const cipher = cipherOf(backend, suite, { key, salt: SALT })
      const output = Buffer.alloc(256)
      const length = cipher.protectRtp(RTP, RTP.length, RTP_HEADER, RTP_SSRC, RTP_INDEX, output)
      assert.deepEqual(output.subarray(0, length), protectedPacket, backend.name)
    }
  })

  conformance(`RFC 7714 ${section}.2`, `SRTP ${suite} decryption`, 'the plaintext of the vector', () => {
    for (const backend of backends) {
      const cipher = cipherOf(backend, suite, { key, salt: SALT })
      const output = Buffer.alloc(256)
      const length = cipher.unprotectRtp(
        protectedPacket,
        protectedPacket.length,
        RTP_HEADER,
        RTP_SSRC,
        RTP_INDEX,
        output,
      )
      assert.deepEqual(output.subarray(0, length), RTP, backend.name)
    }
  })

  conformance(`RFC 7714 ${section}.2`, `SRTP ${suite}, one bit changed in any octet`, 'the tag does not verify', () => {
    for (const backend of backends) {
      const cipher = cipherOf(backend, suite, { key, salt: SALT })
      for (let at = 0; at < protectedPacket.length; at++) {
        const changed = Buffer.from(protectedPacket)
        changed[at]! ^= 1 << (at % 8)
        const output = Buffer.alloc(256)
        assert.equal(cipher.unprotectRtp(changed, changed.length, RTP_HEADER, RTP_SSRC, RTP_INDEX, output), -1)
        assert.ok(!output.includes(RTP.subarray(RTP_HEADER)), 'no plaintext leaks')
      }
      const output = Buffer.alloc(256)
      const [length, index] = [protectedPacket.length, RTP_INDEX + 1]
      assert.equal(cipher.unprotectRtp(protectedPacket, length, RTP_HEADER, RTP_SSRC, index, output), -1)
      assert.equal(cipher.unprotectRtp(protectedPacket, length, RTP_HEADER, RTP_SSRC ^ 1, RTP_INDEX, output), -1)
    }
    return 'refused: each of its octets, another index, another SSRC'
  })
}

/** The tag of authentication without encryption: all is associated data. */
function tagOnly(suite: Vector['suite'], key: string, iv: string, associated: Buffer): Buffer {
  const cipher = createCipheriv(suite === 'AEAD_AES_128_GCM' ? 'aes-128-gcm' : 'aes-256-gcm', hex(key), hex(iv))
  cipher.setAAD(associated)
  cipher.final()
  return cipher.getAuthTag()
}

for (const [section, suite, key, tag] of [
  ['§16.1', 'AEAD_AES_128_GCM', KEY_128, '22493f82d2bce397e9d79e3b19aa4216'],
  ['§16.2', 'AEAD_AES_256_GCM', KEY_256, 'a866d5910f887463067ceefec45215d4'],
] as const) {
  const tagged = Buffer.concat([RTP, hex(tag)])
  for (const [part, what] of [
    ['3', 'authentication tagging'],
    ['4', 'tag verification'],
  ] as const) {
    conformance(`RFC 7714 ${section}.${part}`, `SRTP ${suite} ${what}`, `no encryption, tag ${tag}`, () => {
      assert.deepEqual(tagOnly(suite, key, RTP_IV, RTP), hex(tag))
      for (const backend of backends) {
        const cipher = cipherOf(backend, suite, { key, salt: SALT })
        const output = Buffer.alloc(256)
        assert.equal(cipher.unprotectRtp(tagged, tagged.length, RTP_HEADER, RTP_SSRC, RTP_INDEX, output), -1)
      }
      return 'deliberately refused: media is never carried unencrypted (UNENCRYPTED_SRTP)'
    })
  }
}

const RTCP = hex(
  '81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef',
)
const MARS = 0x4d617273
const RTCP_INDEX = 0x5d4
const RTCP_IV = '517524055203726f207170bb'
const RTCP_HEADER = 8

const SRTCP: readonly Vector[] = [
  {
    section: '§17.1',
    suite: 'AEAD_AES_128_GCM',
    key: KEY_128,
    sealed: '63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b',
    tag: 'c84aa45896cf4d2fc5abf87245d9eade',
  },
  {
    section: '§17.2',
    suite: 'AEAD_AES_256_GCM',
    key: KEY_256,
    sealed: 'd50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad',
    tag: '1d1eb30c4446839f57ff6f6cb26ac3be',
  },
]

for (const { section, suite, key, sealed, tag } of SRTCP) {
  const protectedPacket = Buffer.concat([RTCP.subarray(0, RTCP_HEADER), hex(sealed), hex(tag), hex('800005d4')])

  conformance(
    `RFC 7714 ${section}`,
    `SRTCP ${suite} encryption and tagging`,
    `the packet of the vector, tag ${tag}`,
    () => {
      for (const backend of backends) {
        const output = Buffer.alloc(256)
        const cipher = cipherOf(backend, suite, { key, salt: SALT })
        const length = cipher.protectRtcp(RTCP, RTCP.length, MARS, RTCP_INDEX, output)
        assert.deepEqual(output.subarray(0, length), protectedPacket, backend.name)
      }
    },
  )

  conformance(
    `RFC 7714 ${section}`,
    `SRTCP ${suite} verification and decryption`,
    'the plaintext of the vector',
    () => {
      for (const backend of backends) {
        const output = Buffer.alloc(256)
        const cipher = cipherOf(backend, suite, { key, salt: SALT })
        const length = cipher.unprotectRtcp(protectedPacket, protectedPacket.length, MARS, RTCP_INDEX, output)
        assert.deepEqual(output.subarray(0, length), RTCP, backend.name)
      }
    },
  )

  conformance(`RFC 7714 ${section}`, `SRTCP ${suite}, one bit changed in any octet`, 'the tag does not verify', () => {
    for (const backend of backends) {
      const cipher = cipherOf(backend, suite, { key, salt: SALT })
      for (let at = 0; at < protectedPacket.length; at++) {
        const changed = Buffer.from(protectedPacket)
        changed[at]! ^= 1 << (at % 8)
        assert.equal(cipher.unprotectRtcp(changed, changed.length, MARS, RTCP_INDEX, Buffer.alloc(256)), -1, `${at}`)
      }
    }
    return 'refused, E flag and index included'
  })
}

for (const [section, suite, key, tag] of [
  ['§17.3', 'AEAD_AES_128_GCM', KEY_128, '841dd9683dd78ec92ae58790125f62b3'],
  ['§17.4', 'AEAD_AES_256_GCM', KEY_256, '91db4afbfeee5a978fab4393ed2615fe'],
] as const) {
  const tagged = Buffer.concat([RTCP, hex(tag), hex('000005d4')])
  conformance(`RFC 7714 ${section}`, `SRTCP ${suite} tagging only`, `E flag 0, tag ${tag}`, () => {
    assert.deepEqual(tagOnly(suite, key, RTCP_IV, Buffer.concat([RTCP, hex('000005d4')])), hex(tag))
    const { keyAndSaltLength } = suiteNamed(suite)!
    for (const backend of backends) {
      const keys = [{ keyAndSalt: Buffer.alloc(keyAndSaltLength) }]
      const receiver = createSrtpReceiver(suiteNamed(suite)!, keys, backend.create)
      assert.equal(receiver.unprotectRtcp(tagged, Buffer.alloc(2048)), REFUSED.unauthenticated)
      const cipher = cipherOf(backend, suite, { key, salt: SALT })
      assert.equal(cipher.unprotectRtcp(tagged, tagged.length, MARS, RTCP_INDEX, Buffer.alloc(256)), -1)
    }
    return 'deliberately refused: control is never taken unencrypted (UNENCRYPTED_SRTCP)'
  })
}
