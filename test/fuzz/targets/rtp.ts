/** RTP and RTCP headers, reports and statistics (RFC 3550), read in place from plain packets of a hostile phone. */
import assert from 'node:assert/strict'
import { ManualClock } from '../../../src/base/clock.ts'
import { LegStatistics } from '../../../src/media/relay/leg-statistics.ts'
import {
  buildReceiverReport,
  buildRtp,
  buildSenderReport,
  isRtcp,
  readRtpHeader,
  rtpHeaderLength,
  rtpPaddingLength,
  RoundTripMeter,
  walkRtcp,
} from '../../../src/media/rtp/index.ts'
import type { FuzzTarget } from '../engine/target.ts'

const plain = buildRtp({ marker: true, payloadType: 0, sequence: 65_535, timestamp: 160, ssrc: 9 }, Buffer.alloc(40, 3))
const extended = Buffer.concat([
  Buffer.from('b1000001000000a000000009000000aabede000110aa0000', 'hex'),
  Buffer.alloc(20, 4),
  Buffer.from([4]),
])
const block = {
  ssrc: 9,
  fractionLost: 12,
  packetsLost: -3,
  highestSequence: 70_000,
  jitter: 8,
  lastSenderReport: 77,
  delaySinceLastSenderReport: 6_553,
}
const sender = { ssrc: 9, rtpTimestamp: 160, packetCount: 1, octetCount: 160 }

export const target: FuzzTarget = {
  name: 'rtp',
  covers: ['src/media/rtp/', 'src/media/relay/leg-statistics.ts'],
  shape: 'octets',
  seeds: [
    plain,
    extended,
    buildSenderReport(sender, [block, block], 1_700_000_000_000, 'phone@example.com'),
    buildReceiverReport(9, [block], 'phone@example.com'),
    Buffer.from('81cb000100000009', 'hex'),
  ],
  maximumLength: 2_048,
  check,
}

/** Two packets in a row: the input is cut in halves where it is long enough. */
function check(input: Buffer): void {
  assertHeader(input)
  assertControl(input)
  const clock = new ManualClock()
  const statistics = new LegStatistics([{ payloadType: 0, name: 'PCMU', clockRate: 8000 }], clock)
  for (const packet of [input, input.subarray(input.length >> 1)]) {
    const length = rtpHeaderLength(packet, packet.length)
    if (length < 0) continue
    statistics.received(
      packet,
      packet.length - length - rtpPaddingLength(packet, packet.length, length),
      clock.monotonic(),
    )
    clock.advance(20)
  }
  const report = statistics.report('AEAD_AES_256_GCM', undefined)
  for (const value of Object.values(report)) {
    if (typeof value === 'number') assert.ok(Number.isFinite(value), JSON.stringify(report))
  }
}

function assertHeader(input: Buffer): void {
  const length = rtpHeaderLength(input, input.length)
  assert.equal(readRtpHeader(input) === undefined, length < 0)
  if (length < 0) return
  assert.ok(length >= 12 && length <= input.length)
  const padding = rtpPaddingLength(input, input.length, length)
  assert.ok(padding >= 0 && length + padding <= input.length)
  const header = readRtpHeader(input)!
  assert.deepEqual(readRtpHeader(buildRtp(header, Buffer.alloc(0))), header)
}

function assertControl(input: Buffer): void {
  if (input.length >= 2) assert.equal(typeof isRtcp(input), 'boolean')
  const meter = new RoundTripMeter()
  let calls = 0
  const wellFormed = walkRtcp(input, input.length, {
    senderReport(report) {
      calls++
      meter.senderReportSent(report.ntpMiddle, 0)
    },
    reportBlock(report) {
      calls++
      for (const value of Object.values(report)) assert.ok(Number.isSafeInteger(value))
      meter.reportReceived(report.lastSenderReport, report.delaySinceLastSenderReport, 100)
    },
    bye: () => void calls++,
  })
  assert.ok(calls <= input.length / 4 + 1, `${calls} reports in ${input.length} octets`)
  assert.ok(!wellFormed || input.length >= 8)
}
