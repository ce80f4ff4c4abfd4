/** AES with long keys in SRTP (RFC 6188): the vectors of section 7, one row each. */
import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { deriveKeys } from '../../src/media/srtp/key-derivation.ts'
import { AT, openNativeOpenssl } from '../../src/media/srtp/native-openssl.ts'
import { SUITES, suiteNamed } from '../../src/media/srtp/suites.ts'
import { backends, hex, keystream } from './srtp-vectors.ts'
import { conformance } from './table/conformance.ts'

const AES_CM_256 = 'AES_256_CM_HMAC_SHA1_80'
const VECTOR = {
  key: '57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98',
  salt: 'f0f1f2f3f4f5f6f7f8f9fafbfcfd',
}
const FIRST = [
  '92bdd28a93c3f52511c677d08b5515a4',
  '9da71b2378a854f67050756ded165bac',
  '63c4868b7096d88421b563b8c94c9a31',
]
const LAST = [
  'cea518c90fd91ced9cbb18c078a54711',
  '3dbc4814f4da5f00a08772b63c6a046d',
  '6eb246913062a16891433e97dd01a57f',
]

for (const [block, words] of FIRST.entries()) {
  conformance('RFC 6188 §7.1', `AES-256-CM keystream, counter ${counter(block)}`, words, () => {
    for (const backend of backends) {
      assert.deepEqual(keystream(backend, AES_CM_256, VECTOR, 16 * block, 16), hex(words), backend.name)
    }
  })
}

for (const [i, words] of LAST.entries()) {
  const block = 0xfeff + i
  conformance('RFC 6188 §7.1', `AES-256-CM keystream, counter ${counter(block)}`, words, () => {
    const counterBlock = hex(`${VECTOR.salt}${counter(block)}`)
    const cipher = createCipheriv('aes-256-ecb', hex(VECTOR.key), null).setAutoPadding(false)
    assert.deepEqual(cipher.update(counterBlock), hex(words))
    const native = openNativeOpenssl()
    if (native !== undefined) {
      hex(VECTOR.key).copy(native.memory, AT.key)
      counterBlock.copy(native.memory, AT.iv)
      native.packet.bytes.fill(0, 0, 16)
      assert.ok(native.counterMode(32, 0, 16))
      assert.deepEqual(Buffer.from(native.packet.bytes.subarray(0, 16)), hex(words))
    }
    return 'by the block cipher alone: the block lies beyond our longest packet of 2,048 octets'
  })
}

function counter(block: number): string {
  return block.toString(16).padStart(4, '0')
}

const MASTER = hex('f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6 3b04803de51ee7c96423ab5b78d2')

for (const [name, part, words] of [
  ['cipher key', 'encryption', '5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4'],
  ['cipher salt', 'salt', 'fa31791685ca444a9e07c6c64e93'],
  ['authentication key', 'authentication', 'fd9c32d39ed5fbb5a9dc96b30818454d1313dc05'],
] as const) {
  conformance('RFC 6188 §7.2', `AES-256 key derivation: ${name}`, words, () => {
    assert.deepEqual(deriveKeys(suiteNamed(AES_CM_256)!, MASTER).rtp[part], hex(words))
  })
}

for (const [section, what] of [
  ['§7.3', 'AES-192-CM keystream'],
  ['§7.4', 'AES-192 key derivation'],
] as const) {
  conformance(`RFC 6188 ${section}`, what, '192-bit keys are optional', () => {
    assert.equal(suiteNamed('AES_192_CM_HMAC_SHA1_80'), undefined)
    assert.ok(SUITES.every(({ keyLength }) => keyLength === 16 || keyLength === 32))
    return 'not offered and not taken: keys have 128 or 256 bits'
  })
}
