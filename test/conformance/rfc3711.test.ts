/**
 * SRTP (RFC 3711): the vectors of appendix B, one row each, and packet indices at their edges. The HMAC-SHA1 under it has the
 * vectors of RFC 2202, run through a packet's authentication tag.
 */
import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { buildRtp } from '../../src/media/rtp/index.ts'
import { LONGEST_LIFETIME } from '../../src/media/srtp/key-lifetime.ts'
import { createSrtpReceiver, REFUSED, type SrtpReceiver } from '../../src/media/srtp/receiver.ts'
import { estimateIndex } from '../../src/media/srtp/replay-window.ts'
import { createSrtpSender, NOT_SENT, type SrtpSender } from '../../src/media/srtp/sender.ts'
import { deriveKeys, deriveOctets } from '../../src/media/srtp/key-derivation.ts'
import { AT, openNativeOpenssl } from '../../src/media/srtp/native-openssl.ts'
import { SUITES, type SuiteName, suiteNamed } from '../../src/media/srtp/suites.ts'
import { backends, cipherOf, hex, keystream } from './srtp-vectors.ts'
import { conformance } from './table/conformance.ts'

const AES_CM_128 = 'AES_CM_128_HMAC_SHA1_80'

conformance('RFC 3711 appendix B.1', 'AES-f8 vectors', 'f8 is optional (§4.1.2)', () => {
  assert.equal(suiteNamed('F8_128_HMAC_SHA1_80'), undefined)
  return 'not offered and not taken: none of our SDES suites uses f8'
})

const B2 = { key: '2B7E151628AED2A6ABF7158809CF4F3C', salt: 'F0F1F2F3F4F5F6F7F8F9FAFBFCFD' }
const B2_FIRST = [
  'E03EAD0935C95E80E166B16DD92B4EB4',
  'D23513162B02D0F72A43A2FE4A5F97AB',
  '41E95B3BB0A2E8DD477901E4FCA894C0',
]
const B2_LAST = [
  'EC8CDF7398607CB0F2D21675EA9EA1E4',
  '362B7C3C6773516318A077D7FC5073AE',
  '6A2CC3787889374FBEB4C81B17BA6C44',
]

for (const [block, words] of B2_FIRST.entries()) {
  conformance('RFC 3711 appendix B.2', `AES-CM keystream, counter ${counter(block)}`, words, () => {
    for (const backend of backends) {
      assert.deepEqual(keystream(backend, AES_CM_128, B2, 16 * block, 16), hex(words), backend.name)
    }
  })
}

for (const [i, words] of B2_LAST.entries()) {
  const block = 0xfeff + i
  conformance('RFC 3711 appendix B.2', `AES-CM keystream, counter ${counter(block)}`, words, () => {
    const counterBlock = hex(`${B2.salt}${counter(block)}`)
    const cipher = createCipheriv('aes-128-ecb', hex(B2.key), null).setAutoPadding(false)
    assert.deepEqual(cipher.update(counterBlock), hex(words))
    const native = openNativeOpenssl()
    if (native !== undefined) {
      hex(B2.key).copy(native.memory, AT.key)
      counterBlock.copy(native.memory, AT.iv)
      native.packet.bytes.fill(0, 0, 16)
      assert.ok(native.counterMode(16, 0, 16))
      assert.deepEqual(Buffer.from(native.packet.bytes.subarray(0, 16)), hex(words))
    }
    return 'by the block cipher alone: the block lies beyond our longest packet of 2,048 octets'
  })
}

function counter(block: number): string {
  return block.toString(16).toUpperCase().padStart(4, '0')
}

const B3 = hex('E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6')

conformance('RFC 3711 appendix B.3', 'label 00: cipher key', 'C61E7A93744F39EE10734AFE3FF7A087', () => {
  assert.deepEqual(deriveKeys(suiteNamed(AES_CM_128)!, B3).rtp.encryption, hex('C61E7A93744F39EE10734AFE3FF7A087'))
})

conformance('RFC 3711 appendix B.3', 'label 02: cipher salt', '30CBBC08863D8C85D49DB34A9AE1', () => {
  assert.deepEqual(deriveKeys(suiteNamed(AES_CM_128)!, B3).rtp.salt, hex('30CBBC08863D8C85D49DB34A9AE1'))
})

const B3_AUTHENTICATION =
  'CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098' +
  '6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2'

conformance('RFC 3711 appendix B.3', 'label 01: authentication key', 'all 94 octets of the vector', () => {
  const suite = suiteNamed(AES_CM_128)!
  const [derived] = deriveOctets(suite, B3, [[1, 94]])
  assert.deepEqual(derived, hex(B3_AUTHENTICATION))
  assert.deepEqual(deriveKeys(suite, B3).rtp.authentication, hex(B3_AUTHENTICATION).subarray(0, 20))
  return 'all 94; HMAC-SHA1 takes the first 20 (§5.2)'
})

conformance('RFC 3711 §4.3.2', 'SRTCP keys', 'labels 03, 04 and 05, different from those of SRTP', () => {
  const { rtp, rtcp } = deriveKeys(suiteNamed(AES_CM_128)!, B3)
  const [encryption, authentication, salt] = deriveOctets(suiteNamed(AES_CM_128)!, B3, [
    [3, 16],
    [4, 20],
    [5, 14],
  ])
  assert.deepEqual(rtcp, { encryption, authentication, salt })
  assert.equal(new Set([rtp, rtcp].flatMap(keys => Object.values(keys).map(key => key.toString('hex')))).size, 6)
})

/** The last four octets of the data go in as the roll-over counter, the rest as a packet that is all header: nothing is encrypted. */
function tagOf(key: string, data: Buffer): readonly string[] {
  const packet = data.subarray(0, -4)
  const index = data.readUInt32BE(data.length - 4) * 0x1_0000
  return backends.map(backend => {
    const cipher = cipherOf(backend, AES_CM_128, { ...B2, authentication: key.padEnd(40, '0') })
    const output = Buffer.alloc(packet.length + 10)
    cipher.protectRtp(packet, packet.length, packet.length, 0, index, output)
    return output.subarray(packet.length).toString('hex')
  })
}

const RFC_2202: readonly (readonly [number, string, Buffer, string])[] = [
  [1, '0b'.repeat(20), Buffer.from('Hi There'), 'b617318655057264e28bc0b6fb378c8ef146be00'],
  [
    2,
    Buffer.from('Jefe').toString('hex'),
    Buffer.from('what do ya want for nothing?'),
    'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
  ],
  [3, 'aa'.repeat(20), Buffer.alloc(50, 0xdd), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
  [5, '0c'.repeat(20), Buffer.from('Test With Truncation'), '4c1a03424b55e07fe7f27be1d58bb9324a9a5a04'],
]

for (const [number, key, data, digest] of RFC_2202) {
  conformance('RFC 2202 §3', `HMAC-SHA1 test case ${number}`, `${digest}, of which a tag has the first 80 bits`, () => {
    for (const tag of tagOf(key, data)) assert.equal(tag, digest.slice(0, 20))
  })
}

conformance('RFC 2202 §3', 'HMAC-SHA1 test cases 4, 6 and 7', 'keys of 25 and 80 octets', () => {
  for (const name of [AES_CM_128, 'AES_256_CM_HMAC_SHA1_80'] as const) {
    const suite = suiteNamed(name)!
    assert.equal(deriveKeys(suite, Buffer.alloc(suite.keyAndSaltLength)).rtp.authentication.length, 20)
  }
  return 'cannot occur: authentication keys have 160 bits (RFC 3711 §5.2)'
})

/** Sender and receiver of one source, on each back-end. */
function pair(suite: SuiteName): { readonly sender: SrtpSender; readonly receiver: SrtpReceiver } {
  const keyAndSalt = Buffer.alloc(suiteNamed(suite)!.keyAndSaltLength, 9)
  const { create } = backends.at(-1)!
  return {
    sender: createSrtpSender(suiteNamed(suite)!, keyAndSalt, create),
    receiver: createSrtpReceiver(suiteNamed(suite)!, [{ keyAndSalt }], create),
  }
}

const output = Buffer.alloc(2048)

/** `index` as the sequence number of a packet; the sender finds the roll-over counter itself. */
function rtp(index: number, ssrc = 1): Buffer {
  const header = { marker: false, payloadType: 0, sequence: index & 0xffff, timestamp: 0, ssrc }
  return buildRtp(header, Buffer.alloc(20, index & 0xff))
}

function sealed(sender: SrtpSender, packet: Buffer): Buffer {
  const length = sender.protect(packet, packet.length, output)
  assert.ok(length > packet.length, `not sent: ${length}`)
  return Buffer.from(output.subarray(0, length))
}

function assertOpens(receiver: SrtpReceiver, packet: Buffer, plain: Buffer): void {
  assert.deepEqual(output.subarray(0, Math.max(0, receiver.unprotect(packet, output))), plain)
}

for (const { name } of SUITES) {
  conformance('RFC 3711 §3.3.1', `${name}: 65535 is followed by 0`, 'the roll-over counter counts up by one', () => {
    const { sender, receiver } = pair(name)
    for (let index = 65_534; index < 65_540; index++) assertOpens(receiver, sealed(sender, rtp(index)), rtp(index))
    // Under a counter that had not moved, the tag of a packet of the second round would verify in another receiver.
    const other = pair(name)
    assert.equal(other.receiver.unprotect(sealed(sender, rtp(65_540)), output), REFUSED.unauthenticated)
  })

  conformance(
    'RFC 3711 §3.3.1',
    `${name}: out of order over the roll-over`,
    'each packet has the index it was sent with',
    () => {
      const { sender, receiver } = pair(name)
      const indices = [65_533, 65_534, 65_535, 65_536, 65_537, 65_538]
      const packets = indices.map(index => sealed(sender, rtp(index)))
      for (const i of [0, 3, 1, 5, 2, 4]) assertOpens(receiver, packets[i]!, rtp(indices[i]!))
      for (const packet of packets) assert.equal(receiver.unprotect(packet, output), REFUSED.replayed)
    },
  )

  conformance('RFC 3711 §3.3.2', `${name}: replay at each place of the window`, 'a packet is taken once', () => {
    const { sender, receiver } = pair(name)
    const packets = Array.from({ length: 200 }, (_, i) => sealed(sender, rtp(65_500 + i)))
    for (const packet of packets) assert.ok(receiver.unprotect(packet, output) > 0)
    for (const packet of packets) assert.equal(receiver.unprotect(packet, output), REFUSED.replayed)
  })

  conformance(
    'RFC 3711 §3.3.2',
    `${name}: edges of the replay window`,
    'a window of at least 64; what is older is refused',
    () => {
      const { sender, receiver } = pair(name)
      const packets = Array.from({ length: 130 }, (_, i) => sealed(sender, rtp(1_000 + i)))
      assertOpens(receiver, packets[129]!, rtp(1_129))
      // 127 back is the last place; 128 back is out.
      assertOpens(receiver, packets[2]!, rtp(1_002))
      assert.equal(receiver.unprotect(packets[2]!, output), REFUSED.replayed)
      assert.equal(receiver.unprotect(packets[1]!, output), REFUSED.replayed)
      assertOpens(receiver, packets[66]!, rtp(1_066))
      return 'a window of 128: 127 packets back is taken once, 128 back refused though never seen'
    },
  )

  conformance(
    'RFC 3711 §3.4',
    `${name}: SRTCP index`,
    'from 0 up by one in each packet, E flag set; a replay is refused',
    () => {
      const { sender, receiver } = pair(name)
      const plain = hex('81c8000c00000001'.padEnd(104, '0'))
      const packets = [0, 1, 2].map(() => {
        const length = sender.protectRtcp(plain, plain.length, output)
        return Buffer.from(output.subarray(0, length))
      })
      const fromEnd = 4 + (suiteNamed(name)!.kind === 'gcm' ? 0 : 10)
      const words = packets.map(packet => packet.readUInt32BE(packet.length - fromEnd).toString(16))
      assert.deepEqual(words, ['80000000', '80000001', '80000002'])
      for (const i of [1, 0, 2]) assert.equal(receiver.unprotectRtcp(packets[i]!, output), plain.length)
      for (const packet of packets) assert.equal(receiver.unprotectRtcp(packet, output), REFUSED.replayed)
    },
  )
}

conformance('RFC 3711 §3.3.1', 'half a round ahead and behind', 'v is the round that puts the index nearest', () => {
  const round = 0x1_0000
  assert.equal(estimateIndex(3 * round + 10, 0x8000), 3 * round + 0x8000)
  assert.equal(estimateIndex(3 * round + 10, 0x800b), 2 * round + 0x800b)
  assert.equal(estimateIndex(3 * round + 0x9000, 0x0fff), 4 * round + 0x0fff)
  assert.equal(estimateIndex(3 * round + 0x9000, 0x1000), 3 * round + 0x1000)
  assert.equal(estimateIndex(10, 0x900b), 0x900b)
  return 'as demanded; in the first round, which has none before it, a far jump is a jump ahead'
})

conformance('RFC 3711 §9.2', 'the last index of all', '2^48 packets, then the key is not used', () => {
  assert.equal(estimateIndex(2 ** 48 - 1, 0), 2 ** 48)
  assert.deepEqual(LONGEST_LIFETIME, { rtp: 2 ** 48, rtcp: 2 ** 31 })
  const suite = suiteNamed(AES_CM_128)!
  // The limit itself moved to where a test can reach it.
  const sender = createSrtpSender(suite, B3, undefined, { rtp: 65_538, rtcp: 2 })
  for (const index of [65_535, 65_536, 65_537]) sealed(sender, rtp(index))
  assert.equal(sender.protect(rtp(65_538), 32, output), NOT_SENT.exhausted)
  return 'refused, by a limit lowered for the test; the call ends: key-expired'
})

conformance('RFC 3711 §9.2', 'packets of all sources together', 'the limit is that of the master key', () => {
  const suite = suiteNamed(AES_CM_128)!
  const sender = createSrtpSender(suite, B3, undefined, { rtp: 3, rtcp: 2 })
  for (const ssrc of [1, 2, 3]) sealed(sender, rtp(0, ssrc))
  assert.equal(sender.protect(rtp(0, 4), 32, output), NOT_SENT.exhausted)
  const control = hex('81c80001 00000001')
  assert.ok(sender.protectRtcp(control, 8, output) > 0)
  assert.ok(sender.protectRtcp(hex('81c80001 00000002'), 8, output) > 0)
  assert.equal(sender.protectRtcp(control, 8, output), NOT_SENT.exhausted)
  return 'refused: SRTP and SRTCP counted apart, over all sources'
})

conformance('RFC 4568 §6.1', 'a key past the lifetime that its owner declared', 'is used for no more packets', () => {
  const suite = suiteNamed(AES_CM_128)!
  const keys = (lifetime: number | undefined): Buffer[] => {
    const sender = createSrtpSender(suite, B3)
    const receiver = createSrtpReceiver(suite, [{ keyAndSalt: B3, lifetime }])
    const taken = [1, 2, 3]
      .map(index => sealed(sender, rtp(index)))
      .filter(packet => receiver.unprotect(packet, output) > 0)
    if (lifetime !== undefined) {
      assert.equal(receiver.unprotect(sealed(sender, rtp(4)), output), REFUSED.expired)
    }
    return taken
  }
  assert.equal(keys(2).length, 2)
  assert.equal(keys(undefined).length, 3)
  return 'its packets are refused; the call ends: key-expired'
})

conformance('RFC 4568 §6.1', 'a key past its lifetime beside one that lives, by MKI', 'the other goes on', () => {
  const suite = suiteNamed(AES_CM_128)!
  const other = Buffer.alloc(suite.keyAndSaltLength, 3)
  const receiver = createSrtpReceiver(suite, [
    { keyAndSalt: B3, mki: Buffer.from([1]), lifetime: 1 },
    { keyAndSalt: other, mki: Buffer.from([2]), lifetime: 5 },
  ])
  const marked = (packet: Buffer, mki: number): Buffer =>
    Buffer.concat([packet.subarray(0, -10), Buffer.from([mki]), packet.subarray(-10)])
  const [first, second] = [createSrtpSender(suite, B3), createSrtpSender(suite, other)]
  assert.ok(receiver.unprotect(marked(sealed(first, rtp(1)), 1), output) > 0)
  assert.equal(receiver.unprotect(marked(sealed(first, rtp(2)), 1), output), REFUSED.unauthenticated)
  assert.ok(receiver.unprotect(marked(sealed(second, rtp(3)), 2), output) > 0)
})
