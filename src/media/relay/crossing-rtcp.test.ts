/** Nothing of a phone's name, of its words, or of its vendor is in what the other phone hears of its RTCP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildReceiverReport, buildSenderReport, MAXIMUM_PACKET_LENGTH, walkRtcp } from '../rtp/index.ts'
import { crossingRtcp, withoutExtension } from './crossing-rtcp.ts'

const MARK = 'MARKOFPHONE'
const REPORT = { ssrc: 0x01020304, rtpTimestamp: 160, packetCount: 1, octetCount: 160 }
const BLOCK = {
  ssrc: 5,
  fractionLost: 1,
  packetsLost: 2,
  highestSequence: 3,
  jitter: 4,
  lastSenderReport: 5,
  delaySinceLastSenderReport: 6,
}

function crossed(packet: Buffer): Buffer {
  const output = Buffer.alloc(MAXIMUM_PACKET_LENGTH)
  return output.subarray(0, crossingRtcp(packet, packet.length, output))
}

/** One packet of a compound: `body` from the fifth octet on. */
function packetOf(kind: number, count: number, body: Buffer): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)])
  const head = Buffer.from([0x80 | count, kind, 0, 0])
  head.writeUInt16BE(padded.length / 4, 2)
  return Buffer.concat([head, padded])
}

function item(kind: number, text: string): Buffer {
  return Buffer.concat([Buffer.from([kind, text.length]), Buffer.from(text)])
}

const source = Buffer.from([1, 2, 3, 4])
const tellTale: readonly (readonly [string, Buffer])[] = [
  [
    'every item of a source',
    packetOf(
      202,
      1,
      Buffer.concat([source, ...[1, 2, 3, 4, 5, 6, 7, 8].map(kind => item(kind, MARK)), Buffer.alloc(1)]),
    ),
  ],
  ['the reason of a BYE', packetOf(203, 1, Buffer.concat([source, Buffer.from([MARK.length]), Buffer.from(MARK)]))],
  ["an application's packet", packetOf(204, 0, Buffer.concat([source, Buffer.from(`NAME${MARK}`)]))],
  ['a profile of its own', packetOf(201, 0, Buffer.concat([source, Buffer.from(MARK)]))],
  ["an application's feedback", packetOf(206, 15, Buffer.concat([source, source, Buffer.from(MARK)]))],
  [
    'an extended report nobody knows',
    packetOf(207, 0, Buffer.concat([source, Buffer.from([99, 0, 0, 3]), Buffer.from(MARK)])),
  ],
  ['a kind nobody knows', packetOf(210, 0, Buffer.concat([source, Buffer.from(MARK)]))],
]

for (const [what, packet] of tellTale) {
  test(`${what} stays behind`, () => {
    const report = buildReceiverReport(REPORT.ssrc, [BLOCK], 'x')
    const out = crossed(Buffer.concat([report, packet]))
    assert.ok(packet.includes(MARK))
    assert.equal(out.includes(MARK), false)
    assert.ok(walkRtcp(out, out.length, {}), 'what is left is well-formed')
  })
}

test('reports cross as they are, with one pseudonym for one name', () => {
  const one = crossed(buildSenderReport(REPORT, [BLOCK], 1_000, `${MARK}@10.9.8.7`))
  const two = crossed(buildSenderReport({ ...REPORT, ssrc: 9 }, [BLOCK], 1_000, `${MARK}@10.9.8.7`))
  const other = crossed(buildSenderReport(REPORT, [BLOCK], 1_000, 'somebody@else'))
  const seen: unknown[] = []
  const visitor = {
    senderReport: (report: object) => seen.push(report),
    reportBlock: (block: object) => seen.push(block),
  }
  assert.ok(walkRtcp(one, one.length, visitor))
  assert.deepEqual(seen[1], BLOCK)
  const name = (packet: Buffer): string => packet.subarray(-20).toString('latin1')
  assert.equal(name(one), name(two))
  assert.notEqual(name(one), name(other))
})

test('requests for a picture, and estimates of the rate, cross', () => {
  const picture = packetOf(206, 1, Buffer.concat([source, source]))
  const rate = packetOf(206, 15, Buffer.concat([source, Buffer.alloc(4), Buffer.from('REMB'), source]))
  assert.deepEqual(crossed(picture), picture)
  assert.deepEqual(crossed(rate), rate)
})

test('whatever it is, what crosses is well-formed or nothing, and never too long', () => {
  const part = fc
    .tuple(fc.integer({ min: 198, max: 210 }), fc.integer({ min: 0, max: 31 }), fc.uint8Array({ maxLength: 300 }))
    .map(([kind, count, body]) => packetOf(kind, count, Buffer.from(body)))
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), parts => {
      const packet = Buffer.concat(parts)
      if (packet.length > MAXIMUM_PACKET_LENGTH) return
      const out = crossed(packet)
      assert.ok(out.length === 0 || walkRtcp(out, out.length, {}))
    }),
  )
})

test('a header extension is taken out, and the voice stays', () => {
  const voice = Buffer.from('voice')
  const header = Buffer.from([0x91, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4])
  const extension = Buffer.concat([Buffer.from([0xbe, 0xde, 0, 3]), Buffer.from(`${MARK}.`)])
  const packet = Buffer.concat([header, extension, voice])
  const left = packet.subarray(0, withoutExtension(packet, packet.length))
  assert.deepEqual(left, Buffer.concat([Buffer.from([0x81]), header.subarray(1), voice]))
  const plain = Buffer.concat([Buffer.from([0x80]), header.subarray(1, 12), voice])
  assert.equal(withoutExtension(plain, plain.length), plain.length)
})
