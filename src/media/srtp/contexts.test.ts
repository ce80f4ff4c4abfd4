/** Sender and receiver together: roll-over, replay, loss, sources, MKI, hostile input. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { buildRtp } from '../rtp/index.ts'
import { createSrtpReceiver, MAXIMUM_SOURCES, REFUSED, type SrtpReceiver } from './receiver.ts'
import { createSrtpSender, NOT_SENT, type SrtpSender } from './sender.ts'
import { SUITES, suiteNamed, type Suite } from './suites.ts'

const output = Buffer.alloc(2048)

function keyOf(suite: Suite, fill = 7): Buffer {
  return Buffer.alloc(suite.keyAndSaltLength, fill)
}

function rtp(sequence: number, ssrc = 1, payload = Buffer.alloc(160, sequence & 0xff)): Buffer {
  return buildRtp({ marker: false, payloadType: 0, sequence: sequence & 0xffff, timestamp: 0, ssrc }, payload)
}

function rtcp(ssrc = 1): Buffer {
  const packet = Buffer.alloc(28, 3)
  packet.writeUInt32BE(0x80c8_0006, 0)
  packet.writeUInt32BE(ssrc, 4)
  return packet
}

function protect(sender: SrtpSender, packet: Buffer): Buffer {
  const length = sender.protect(packet, packet.length, output)
  assert.ok(length > packet.length, `protected: ${length}`)
  return Buffer.from(output.subarray(0, length))
}

function protectRtcp(sender: SrtpSender, packet: Buffer): Buffer {
  const length = sender.protectRtcp(packet, packet.length, output)
  assert.ok(length > packet.length, `protected: ${length}`)
  return Buffer.from(output.subarray(0, length))
}

function opened(receiver: SrtpReceiver, packet: Buffer): Buffer {
  const length = receiver.unprotect(packet, output)
  assert.ok(length >= 0, `unprotected: ${length}`)
  return Buffer.from(output.subarray(0, length))
}

for (const suite of SUITES) {
  describe(suite.name, () => {
    const pair = (): { sender: SrtpSender; receiver: SrtpReceiver } => ({
      sender: createSrtpSender(suite, keyOf(suite)),
      receiver: createSrtpReceiver(suite, [{ keyAndSalt: keyOf(suite) }]),
    })

    test('what is protected can be read, and is not what was sent', () => {
      const { sender, receiver } = pair()
      const packet = rtp(1)
      const sealed = protect(sender, packet)
      assert.equal(sealed.length, packet.length + suite.tagLength)
      assert.ok(!sealed.includes(packet.subarray(12, 28)))
      assert.deepEqual(opened(receiver, sealed), packet)
    })

    test('empty payloads, extensions and contributing sources survive', () => {
      const { sender, receiver } = pair()
      const extended = Buffer.concat([
        rtp(2).subarray(0, 12),
        Buffer.from('bede000110ff0000', 'hex'),
        Buffer.alloc(20, 9),
      ])
      extended[0] = 0x90
      const contributed = Buffer.concat([rtp(3).subarray(0, 12), Buffer.alloc(8, 1), Buffer.alloc(20, 9)])
      contributed[0] = 0x82
      for (const packet of [rtp(1, 1, Buffer.alloc(0)), extended, contributed]) {
        assert.deepEqual(opened(receiver, protect(sender, packet)), packet)
      }
    })

    test('the roll-over counter advances over three rounds with loss and disorder at each edge', () => {
      const { sender, receiver } = pair()
      for (let index = 65_000; index < 3 * 65_536; index += 97) {
        assert.deepEqual(opened(receiver, protect(sender, rtp(index))), rtp(index))
      }
      // A whole round passes of which the receiver hears two packets, then the edge comes in disorder.
      const round = 3 * 65_536
      for (let index = round; index < round + 65_000; index += 1000) {
        const sealed = protect(sender, rtp(index))
        if (index === round + 32_000 || index === round + 64_000) opened(receiver, sealed)
      }
      const edge = [65_534, 65_537, 65_535, 65_536].map(offset => round + offset)
      const sealed = edge.map(index => protect(sender, rtp(index)))
      for (const [i, index] of edge.entries()) assert.deepEqual(opened(receiver, sealed[i]!), rtp(index))
    })

    test('a packet is taken once', () => {
      const { sender, receiver } = pair()
      const packets = [1, 2, 3, 4, 5].map(sequence => protect(sender, rtp(sequence)))
      for (const packet of packets) opened(receiver, packet)
      for (const packet of packets) assert.equal(receiver.unprotect(packet, output), REFUSED.replayed)
      const control = protectRtcp(sender, rtcp())
      assert.equal(receiver.unprotectRtcp(control, output), 28)
      assert.equal(receiver.unprotectRtcp(control, output), REFUSED.replayed)
    })

    test('a packet that is too old is refused even if it was never seen', () => {
      const { sender, receiver } = pair()
      const old = protect(sender, rtp(1))
      opened(receiver, protect(sender, rtp(200)))
      assert.equal(receiver.unprotect(old, output), REFUSED.replayed)
    })

    test('any changed octet is noticed, and leaves no trace', () => {
      const { sender, receiver } = pair()
      const sealed = protect(sender, rtp(1))
      for (let i = 0; i < sealed.length; i++) {
        const changed = Buffer.from(sealed)
        changed[i]! ^= 0x10
        assert.ok(receiver.unprotect(changed, output) < 0, `octet ${i}`)
      }
      assert.equal(receiver.sourceCount, 0)
      assert.deepEqual(opened(receiver, sealed), rtp(1))
      const control = protectRtcp(sender, rtcp())
      for (let i = 0; i < control.length; i++) {
        const changed = Buffer.from(control)
        changed[i]! ^= 0x10
        assert.ok(receiver.unprotectRtcp(changed, output) < 0, `control octet ${i}`)
      }
      assert.equal(receiver.unprotectRtcp(control, output), 28)
    })

    test('forged packets of a flood of sources make no state', () => {
      const { receiver } = pair()
      for (let ssrc = 0; ssrc < 1000; ssrc++)
        receiver.unprotect(Buffer.concat([rtp(1, ssrc), Buffer.alloc(16)]), output)
      assert.equal(receiver.sourceCount, 0)
    })

    test('sources are bounded on both sides', () => {
      const { sender, receiver } = pair()
      for (let ssrc = 0; ssrc < MAXIMUM_SOURCES; ssrc++) opened(receiver, protect(sender, rtp(1, ssrc)))
      assert.equal(sender.protect(rtp(1, 999), 172, output), NOT_SENT.tooManySources)
      const another = protect(createSrtpSender(suite, keyOf(suite)), rtp(1, 999))
      assert.equal(receiver.unprotect(another, output), REFUSED.tooManySources)
      opened(receiver, protect(sender, rtp(2, 5)))
    })

    test('each source has its own roll-over counter', () => {
      const { sender, receiver } = pair()
      for (const sequence of [65_534, 65_535, 65_536, 65_537]) opened(receiver, protect(sender, rtp(sequence, 1)))
      for (const sequence of [65_000, 65_001])
        assert.deepEqual(opened(receiver, protect(sender, rtp(sequence, 2))), rtp(sequence, 2))
      opened(receiver, protect(sender, rtp(65_538, 1)))
    })

    test('an index is never used twice', () => {
      const { sender } = pair()
      protect(sender, rtp(10))
      assert.equal(sender.protect(rtp(10, 1, Buffer.alloc(160, 99)), 172, output), NOT_SENT.reused)
      protect(sender, rtp(500))
      assert.equal(sender.protect(rtp(11), 172, output), NOT_SENT.reused)
    })

    test('under another key nothing verifies', () => {
      const { sender } = pair()
      const other = createSrtpReceiver(suite, [{ keyAndSalt: keyOf(suite, 8) }])
      assert.equal(other.unprotect(protect(sender, rtp(1)), output), REFUSED.unauthenticated)
      assert.equal(other.unprotectRtcp(protectRtcp(sender, rtcp()), output), REFUSED.unauthenticated)
    })

    test('SRTP as SRTCP and the reverse verify never', () => {
      const { sender, receiver } = pair()
      assert.ok(receiver.unprotectRtcp(protect(sender, rtp(1)), output) < 0)
      assert.ok(receiver.unprotect(protectRtcp(sender, rtcp()), output) < 0)
    })

    test('keys are chosen by MKI', () => {
      const keys = [1, 2].map(n => ({ keyAndSalt: keyOf(suite, n), mki: Buffer.from([0, n]) }))
      const receiver = createSrtpReceiver(suite, keys)
      const withMki = (sealed: Buffer, mki: Buffer): Buffer => {
        const at = suite.kind === 'gcm' ? sealed.length : sealed.length - suite.tagLength
        return Buffer.concat([sealed.subarray(0, at), mki, sealed.subarray(at)])
      }
      for (const [i, { keyAndSalt, mki }] of keys.entries()) {
        const sender = createSrtpSender(suite, keyAndSalt)
        assert.deepEqual(opened(receiver, withMki(protect(sender, rtp(i + 1)), mki)), rtp(i + 1))
        assert.equal(receiver.unprotectRtcp(withMki(protectRtcp(sender, rtcp(i + 1)), mki), output), 28)
        assert.ok(receiver.unprotect(withMki(protect(sender, rtp(i + 10)), Buffer.from([9, 9])), output) < 0)
        assert.ok(receiver.unprotect(protect(sender, rtp(i + 20)), output) < 0, 'without its MKI')
      }
    })

    test('whatever comes, nothing throws and nothing is accepted', () => {
      const { receiver } = pair()
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 2100 }), bytes => {
          assert.ok(receiver.unprotect(Buffer.from(bytes), output) < 0)
          assert.ok(receiver.unprotectRtcp(Buffer.from(bytes), output) < 0)
        }),
      )
      assert.equal(receiver.sourceCount, 0)
    })
  })
}

test('a name that is no suite of ours gives none', () => {
  assert.equal(suiteNamed('AES_CM_128_HMAC_SHA1_32'), undefined)
  assert.equal(suiteNamed('NULL_HMAC_SHA1_80'), undefined)
})

test('a key of a wrong length is refused at once, not with the first packet', () => {
  const suite = suiteNamed('AES_CM_128_HMAC_SHA1_80')!
  assert.throws(() => createSrtpSender(suite, Buffer.alloc(46)), RangeError)
  assert.throws(() => createSrtpReceiver(suite, [{ keyAndSalt: Buffer.alloc(28) }]), RangeError)
})

test('a master key is read when it is given, whatever its buffer holds later', () => {
  const suite = suiteNamed('AES_CM_128_HMAC_SHA1_80')!
  const key = keyOf(suite)
  const receiver = createSrtpReceiver(suite, [{ keyAndSalt: key }])
  const sender = createSrtpSender(suite, key)
  key.fill(0)
  const other = createSrtpReceiver(suite, [{ keyAndSalt: keyOf(suite) }])
  const sealed = protect(sender, rtp(1))
  assert.deepEqual(opened(receiver, sealed), rtp(1))
  assert.deepEqual(opened(other, sealed), rtp(1))
})
