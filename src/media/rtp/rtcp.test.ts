import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { buildRtp, isRtcp, readRtpHeader, rtpHeaderLength, rtpPaddingLength } from './packet.ts'
import { RoundTripMeter } from './round-trip.ts'
import {
  buildReceiverReport,
  buildSenderReport,
  ntpMiddle,
  type ReportBlock,
  type SenderReport,
  walkRtcp,
} from './rtcp.ts'

const BLOCK: ReportBlock = {
  ssrc: 0xdeadbeef,
  fractionLost: 12,
  packetsLost: -3,
  highestSequence: 0x10005,
  jitter: 77,
  lastSenderReport: 0x11223344,
  delaySinceLastSenderReport: 65_536,
}

describe('RTP packets (RFC 3550 §5.1)', () => {
  test('written and read', () => {
    const header = { marker: true, payloadType: 101, sequence: 65_535, timestamp: 0xffff_fff0, ssrc: 0x89ab_cdef }
    const packet = buildRtp(header, Buffer.from('payload'))
    assert.deepEqual(readRtpHeader(packet), header)
    assert.equal(rtpHeaderLength(packet, packet.length), 12)
    assert.ok(!isRtcp(packet))
  })

  test('contributing sources, extensions and padding are measured, and never beyond the end', () => {
    const packet = Buffer.alloc(60)
    packet[0] = 0x92 // extension, two contributing sources
    packet.writeUInt16BE(3, 22)
    assert.equal(rtpHeaderLength(packet, 60), 12 + 8 + 4 + 12)
    assert.equal(rtpHeaderLength(packet, 30), -1)
    packet[0] = 0xa0
    packet[59] = 8
    assert.equal(rtpPaddingLength(packet, 60, 12), 8)
    packet[59] = 200
    assert.equal(rtpPaddingLength(packet, 60, 12), 0)
    assert.equal(rtpHeaderLength(Buffer.from([0x40, ...Buffer.alloc(20)]), 21), -1)
  })
})

describe('RTCP (RFC 3550 §6)', () => {
  test('a sender report with a block, and the CNAME, is read back', () => {
    const report = { ssrc: 5, rtpTimestamp: 160, packetCount: 9, octetCount: 1440 }
    const packet = buildSenderReport(report, [BLOCK], 1_700_000_000_500, 'phone')
    const heard: { reports: SenderReport[]; blocks: ReportBlock[]; from: number[] } = {
      reports: [],
      blocks: [],
      from: [],
    }
    const whole = walkRtcp(packet, packet.length, {
      senderReport: one => heard.reports.push(one),
      reportBlock: (one, from) => {
        heard.blocks.push(one)
        heard.from.push(from)
      },
    })
    assert.ok(whole && isRtcp(packet))
    assert.deepEqual(heard.reports, [{ ...report, ntpMiddle: ntpMiddle(1_700_000_000_500 + 2_208_988_800_000) }])
    assert.deepEqual(heard.blocks, [BLOCK])
    assert.deepEqual(heard.from, [5])
  })

  test('receiver reports, and a BYE', () => {
    const packet = Buffer.concat([
      buildReceiverReport(6, [], 'phone'),
      Buffer.from('82cb000200000006 00000007'.replace(' ', ''), 'hex'),
    ])
    const gone: number[] = []
    assert.ok(walkRtcp(packet, packet.length, { bye: ssrc => gone.push(ssrc) }))
    assert.deepEqual(gone, [6, 7])
  })

  test('a compound that lies about its length is refused', () => {
    const packet = buildSenderReport({ ssrc: 5, rtpTimestamp: 0, packetCount: 0, octetCount: 0 }, [BLOCK], 0, 'phone')
    packet[0] = 0x9f // 31 blocks
    assert.ok(!walkRtcp(packet, packet.length, {}))
    assert.ok(!walkRtcp(packet, packet.length - 2, {}))
    assert.ok(!walkRtcp(Buffer.alloc(3), 3, {}))
    assert.ok(!walkRtcp(Buffer.alloc(0), 0, {}))
  })

  test('property: no input throws or is read beyond its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        walkRtcp(bytes, bytes.length, { reportBlock: block => assert.ok(!Number.isNaN(block.jitter)) })
        rtpHeaderLength(bytes, bytes.length)
        readRtpHeader(bytes)
      }),
    )
  })
})

describe('round trip (RFC 3550 §6.4.1)', () => {
  test('is the time since the report was passed on, less the delay that the phone states', () => {
    const meter = new RoundTripMeter()
    meter.senderReportSent(0xb44d_b705, 1000)
    meter.reportReceived(0xb44d_b705, 5 * 65_536, 1000 + 5000 + 120)
    assert.equal(Math.round(meter.value!), 120)
  })

  test('an unknown report, or none, measures nothing; a delay longer than the time gives 0', () => {
    const meter = new RoundTripMeter()
    meter.senderReportSent(7, 1000)
    meter.reportReceived(0, 0, 2000)
    meter.reportReceived(8, 0, 2000)
    assert.equal(meter.value, undefined)
    meter.reportReceived(7, 65_536, 1500)
    assert.equal(meter.value, 0)
  })
})
