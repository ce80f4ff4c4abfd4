import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CODECS, PCMA, PCMU } from './g711.ts'

test('PCMU: the octets of ITU-T G.711 for silence, the extremes and a small step', () => {
  assert.deepEqual([...PCMU.encode(Int16Array.of(0, 32_767, -32_768))], [0xff, 0x80, 0x00])
  assert.deepEqual([...PCMU.decode(Uint8Array.of(0xff, 0x80, 0x00, 0x7f))], [0, 32_124, -32_124, 0])
})

test('PCMA: the octets of ITU-T G.711 for silence and the extremes', () => {
  assert.deepEqual([...PCMA.encode(Int16Array.of(0, 32_767, -32_768))], [0xd5, 0xaa, 0x2a])
  assert.deepEqual([...PCMA.decode(Uint8Array.of(0xd5, 0xaa, 0x2a))], [8, 32_256, -32_256])
})

for (const codec of CODECS) {
  test(`${codec.name}: each octet comes back from its own sample`, () => {
    const octets = Uint8Array.from({ length: 256 }, (_, octet) => octet)
    const again = codec.encode(codec.decode(octets))
    for (const octet of octets) {
      // G.711 µ-law has two zeros: 0x7f (-0) is encoded as 0xff.
      const expected = codec === PCMU && octet === 0x7f ? 0xff : octet
      assert.equal(again[octet], expected, `octet ${octet}`)
    }
  })

  test(`${codec.name}: a sample is off by at most a sixteenth of its size`, () => {
    for (let sample = -32_000; sample <= 32_000; sample += 37) {
      const [decoded = 0] = codec.decode(codec.encode(Int16Array.of(sample)))
      assert.ok(Math.abs(decoded - sample) <= Math.max(16, Math.abs(sample) / 16), `${sample} became ${decoded}`)
    }
  })
}
