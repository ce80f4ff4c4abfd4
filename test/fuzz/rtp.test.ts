/** Datagrams nobody's phone sends, into a relay core with real sockets: nothing throws, nothing is learned, nothing passes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../../src/base/clock.ts'
import { MediaLeg } from '../../src/media/relay/media-leg.ts'
import type { LegConfiguration } from '../../src/media/relay/protocol.ts'
import type { SocketPair } from '../../src/media/relay/socket-pair.ts'
import { buildRtp, buildSenderReport } from '../../src/media/rtp/index.ts'
import { createSrtpSender, SUITES, type Suite } from '../../src/media/srtp/index.ts'

const FROM = { address: '198.51.100.66', port: 6666 }

interface Recorded {
  readonly pair: SocketPair
  readonly sent: Buffer[]
}

function recordingPair(port: number): Recorded {
  const sent: Buffer[] = []
  const pair: SocketPair = {
    name: { address: '127.0.0.1', port },
    sink: undefined,
    send: (_component, packet, length) => void sent.push(Buffer.from(packet.subarray(0, length))),
    outgoing: length => Buffer.alloc(length),
    mark: () => false,
    close() {},
  }
  return { pair, sent }
}

function legs(suite: Suite): { a: MediaLeg; b: MediaLeg; sentToA: Buffer[]; sentToB: Buffer[] } {
  const clock = new ManualClock()
  const configuration = (port: number, key: number): LegConfiguration => ({
    pair: { address: '127.0.0.1', port },
    rtcpMux: true,
    suite: suite.name,
    remoteKeys: [
      { keyAndSalt: Buffer.alloc(suite.keyAndSaltLength, key).toString('base64'), mki: undefined, lifetime: undefined },
    ],
    localKey: Buffer.alloc(suite.keyAndSaltLength, key + 1).toString('base64'),
    target: { address: '192.0.2.1', port: 4000 },
    rtcpTarget: { address: '192.0.2.1', port: 4001 },
    maySend: true,
    expectedToSend: true,
    codecs: [{ payloadType: 0, name: 'PCMU', clockRate: 8000 }],
  })
  const one = recordingPair(20_000)
  const two = recordingPair(20_002)
  const a = new MediaLeg(configuration(20_000, 10), one.pair, clock)
  const b = new MediaLeg(configuration(20_002, 20), two.pair, clock)
  a.peer = b
  b.peer = a
  return { a, b, sentToA: one.sent, sentToB: two.sent }
}

const component = fc.constantFrom('rtp' as const, 'rtcp' as const)

for (const suite of SUITES) {
  describe(`fuzz: RTP and RTCP under ${suite.name}`, () => {
    const sender = createSrtpSender(suite, Buffer.alloc(suite.keyAndSaltLength, 10))
    const output = Buffer.alloc(2048)
    const header = { marker: false, payloadType: 0, sequence: 7, timestamp: 0, ssrc: 9 }
    const plain = buildRtp(header, Buffer.alloc(160, 3))
    const genuine = Buffer.from(output.subarray(0, sender.protect(plain, plain.length, output)))
    const report = buildSenderReport({ ssrc: 9, rtpTimestamp: 0, packetCount: 1, octetCount: 160 }, [], 0, 'x')
    const control = Buffer.from(output.subarray(0, sender.protectRtcp(report, report.length, output)))

    test('random bytes', () => {
      const { a, sentToA, sentToB } = legs(suite)
      let count = 0
      fc.assert(
        fc.property(component, fc.uint8Array({ maxLength: 2100 }), (on, bytes) => {
          a.onDatagram(on, Buffer.from(bytes), FROM)
          count++
        }),
        { numRuns: 1500 },
      )
      assert.equal(sentToA.length + sentToB.length, 0)
      const { packetsUnauthenticated, remote, lastPacketAt } = a.report()
      assert.deepEqual(
        { packetsUnauthenticated, remote, lastPacketAt },
        { packetsUnauthenticated: count, remote: undefined, lastPacketAt: undefined },
      )
    })

    test('true packets with a change in them', () => {
      const { a, sentToA, sentToB } = legs(suite)
      const change = fc.record({
        at: fc.nat(300),
        value: fc.integer({ min: 1, max: 255 }),
        cut: fc.nat(40),
        grow: fc.nat(40),
      })
      fc.assert(
        fc.property(component, fc.constantFrom(genuine, control), change, (on, packet, { at, value, cut, grow }) => {
          const changed = Buffer.concat([packet.subarray(0, packet.length - cut), Buffer.alloc(grow)])
          changed[at % changed.length]! ^= value
          a.onDatagram(on, changed, FROM)
        }),
        { numRuns: 1500 },
      )
      assert.equal(sentToA.length + sentToB.length, 0)
      assert.equal(a.report().remote, undefined)
      a.onDatagram('rtp', genuine, { address: '192.0.2.9', port: 9 })
      assert.equal(sentToB.length, 1)
      assert.equal(a.report().remote?.address, '192.0.2.9')
    })

    test('a phone that holds the key and sends nonsense harms nobody', () => {
      const { a, sentToB } = legs(suite)
      const holder = createSrtpSender(suite, Buffer.alloc(suite.keyAndSaltLength, 10))
      fc.assert(
        fc.property(fc.boolean(), fc.uint8Array({ minLength: 12, maxLength: 1500 }), (isControl, bytes) => {
          const packet = Buffer.from(bytes)
          packet[0] = 0x80 | (packet[0]! & 0x3f)
          packet[1] = isControl ? 200 + (packet[1]! % 8) : packet[1]! & 0x3f
          const length = isControl
            ? holder.protectRtcp(packet, packet.length, output)
            : holder.protect(packet, packet.length, output)
          if (length > 0) a.onDatagram('rtp', Buffer.from(output.subarray(0, length)), FROM)
        }),
        { numRuns: 1000 },
      )
      for (const packet of sentToB) assert.ok(packet.length <= 2048)
      a.report()
    })
  })
}
