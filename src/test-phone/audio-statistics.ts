/** What arrived at the phone: loss, jitter, round trip and a mean opinion score. */
import type { Clock } from '../base/clock.ts'
import { randomHex } from '../base/random.ts'
import {
  buildReceiverReport,
  buildSenderReport,
  meanOpinionScore,
  ntpMiddle,
  ReceptionStatistics,
  type RtpHeader,
  walkRtcp,
} from '../media/rtp/index.ts'
import type { SuiteName } from '../media/srtp/index.ts'

const CLOCK_RATE = 8000

export interface AudioStatistics {
  readonly codec: string | undefined
  readonly suite: SuiteName | undefined
  readonly packetsSent: number
  readonly packetsReceived: number
  readonly packetsLost: number
  readonly jitterMs: number
  /** Undefined until the other side reported about a report of ours. */
  readonly roundTripMs: number | undefined
  /** 1.0-4.5 of what was heard here, undefined when nothing was. */
  readonly mos: number | undefined
  readonly packetsUnauthenticated: number
  readonly packetsReplayed: number
}

interface Sent {
  readonly ssrc: number
  readonly rtpTimestamp: number
  readonly packetCount: number
  readonly octetCount: number
}

export interface Reception {
  record(header: RtpHeader, payloadOctets: number): void
  refused(replayed: boolean): void
  readReport(packet: Uint8Array): void
  /** A sender report, or a receiver report while nothing was sent (RFC 3550 §6.4). */
  buildReport(sent: Sent): Buffer
  statistics(own: Pick<AudioStatistics, 'packetsSent' | 'codec' | 'suite'>): AudioStatistics
}

export function createReception(clock: Clock, ownSsrc: number): Reception {
  const cname = randomHex(8)
  let source: ReceptionStatistics | undefined
  /** Of sources that were replaced by another: a transfer or a re-keyed leg. */
  const before = { packets: 0, lost: 0 }
  let unauthenticated = 0
  let replayed = 0
  let roundTripMs: number | undefined
  let lastReport = { ntp: 0, at: 0 }

  const reportBlocks = () => {
    if (source === undefined) return []
    const delay = lastReport.ntp === 0 ? 0 : Math.floor(((clock.monotonic() - lastReport.at) * 0x1_0000) / 1000)
    return [source.reportBlock(lastReport.ntp, delay)]
  }
  return {
    record(header, payloadOctets) {
      if (source?.ssrc !== header.ssrc) {
        before.packets += source?.packets ?? 0
        before.lost += source?.lost ?? 0
        source = new ReceptionStatistics(header.ssrc, CLOCK_RATE)
      }
      source.record(header.sequence, header.timestamp, payloadOctets, clock.monotonic(), CLOCK_RATE)
    },
    refused(wasReplayed) {
      if (wasReplayed) replayed++
      else unauthenticated++
    },
    readReport(packet) {
      walkRtcp(packet, packet.length, {
        senderReport: report => {
          lastReport = { ntp: report.ntpMiddle, at: clock.monotonic() }
        },
        reportBlock: block => {
          if (block.ssrc !== ownSsrc || block.lastSenderReport === 0) return
          const elapsed = (ntpMiddle(clock.now()) - block.lastSenderReport) | 0
          roundTripMs = Math.max(0, ((elapsed - block.delaySinceLastSenderReport) * 1000) / 0x1_0000)
        },
      })
    },
    buildReport(sent) {
      if (sent.packetCount === 0) return buildReceiverReport(sent.ssrc, reportBlocks(), cname)
      return buildSenderReport(sent, reportBlocks(), clock.now(), cname)
    },
    statistics(own) {
      const packetsReceived = before.packets + (source?.packets ?? 0)
      const packetsLost = before.lost + (source?.lost ?? 0)
      const jitterMs = source?.jitterMs ?? 0
      const lossRatio = packetsReceived === 0 ? 1 : packetsLost / (packetsReceived + packetsLost)
      const conditions = { codec: own.codec, lossRatio, jitterMs, roundTripMs }
      return {
        ...own,
        packetsReceived,
        packetsLost,
        jitterMs,
        roundTripMs,
        mos: packetsReceived === 0 ? undefined : meanOpinionScore(conditions),
        packetsUnauthenticated: unauthenticated,
        packetsReplayed: replayed,
      }
    },
  }
}
