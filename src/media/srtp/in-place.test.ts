/** A packet may be worked on where it lies: in a buffer of the caller, and in the native back-end's own. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildRtp } from '../rtp/index.ts'
import { nativeBackend, nodeBackend } from './cipher-backend.ts'
import { createSrtpReceiver, REFUSED } from './receiver.ts'
import { createSrtpSender } from './sender.ts'
import { SUITES } from './suites.ts'

const native = nativeBackend()
const backends = native === undefined ? [nodeBackend] : [nodeBackend, native]
const places = [
  { name: 'in a buffer of ours', place: Buffer.alloc(2112) },
  ...(native?.packet === undefined ? [] : [{ name: 'in native memory', place: native.packet.bytes }]),
]

function rtp(sequence: number, size: number): Buffer {
  return buildRtp(
    { marker: false, payloadType: 0, sequence, timestamp: 0, ssrc: 0x8123_4567 },
    Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + sequence) & 255)),
  )
}

function rtcp(): Buffer {
  const packet = Buffer.alloc(28, 3)
  packet.writeUInt32BE(0x80c8_0006, 0)
  packet.writeUInt32BE(0x8123_4567, 4)
  return packet
}

for (const suite of SUITES) {
  for (const backend of backends) {
    for (const { name, place } of places) {
      describe(`${suite.name} on ${backend.name}, ${name}`, () => {
        const key = Buffer.alloc(suite.keyAndSaltLength, 5)
        const other = Buffer.alloc(suite.keyAndSaltLength, 6)
        const elsewhere = Buffer.alloc(2112)
        const sealedBy = (keyAndSalt: Buffer, packet: Buffer): Buffer => {
          const sender = createSrtpSender(suite, keyAndSalt, nodeBackend.create)
          return Buffer.from(elsewhere.subarray(0, sender.protect(packet, packet.length, elsewhere)))
        }

        test('protects and opens to the same octets as elsewhere', () => {
          const sender = createSrtpSender(suite, key, backend.create)
          const receiver = createSrtpReceiver(suite, [{ keyAndSalt: key }], backend.create)
          for (const [sequence, size] of [0, 1, 15, 16, 160, 1400, 2000].entries()) {
            const packet = rtp(sequence, size)
            packet.copy(place)
            const length = sender.protect(place, packet.length, place)
            assert.deepEqual(place.subarray(0, length), sealedBy(key, packet))
            assert.equal(receiver.unprotect(place, place, length), packet.length)
            assert.deepEqual(place.subarray(0, packet.length), packet)
          }
        })

        test('the same for RTCP', () => {
          const sender = createSrtpSender(suite, key, backend.create)
          const receiver = createSrtpReceiver(suite, [{ keyAndSalt: key }], nodeBackend.create)
          const inPlace = createSrtpReceiver(suite, [{ keyAndSalt: key }], backend.create)
          rtcp().copy(place)
          const length = sender.protectRtcp(place, 28, place)
          assert.equal(receiver.unprotectRtcp(place, elsewhere, length), 28)
          assert.deepEqual(elsewhere.subarray(0, 28), rtcp())
          assert.equal(inPlace.unprotectRtcp(place, place, length), 28)
          assert.deepEqual(place.subarray(0, 28), rtcp())
        })

        test('a refused packet stays as it was, so that an older key can be tried', () => {
          const wrong = createSrtpReceiver(suite, [{ keyAndSalt: other }], backend.create)
          const right = createSrtpReceiver(suite, [{ keyAndSalt: key }], backend.create)
          const packet = rtp(1, 160)
          const sealed = sealedBy(key, packet)
          sealed.copy(place)
          assert.equal(wrong.unprotect(place, place, sealed.length), REFUSED.unauthenticated)
          assert.deepEqual(place.subarray(0, sealed.length), sealed)
          assert.equal(right.unprotect(place, place, sealed.length), packet.length)
          assert.deepEqual(place.subarray(0, packet.length), packet)
        })

        test('octets behind the length are not part of the packet', () => {
          const receiver = createSrtpReceiver(suite, [{ keyAndSalt: key }], backend.create)
          const packet = rtp(1, 20)
          const sealed = sealedBy(key, packet)
          const tried = (length: number): number => {
            place.fill(0xee)
            sealed.copy(place)
            return receiver.unprotect(place, place, length)
          }
          assert.equal(tried(sealed.length + 1), REFUSED.unauthenticated)
          assert.equal(tried(sealed.length - 1), REFUSED.unauthenticated)
          assert.equal(tried(sealed.length), packet.length)
          assert.equal(receiver.unprotect(place, place, 2049), REFUSED.malformed)
        })
      })
    }
  }
}
