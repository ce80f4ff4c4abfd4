/** What is counted of one leg, and the report that it makes. */
import type { Clock } from '../../base/clock.ts'
import {
  meanOpinionScore,
  ReceptionStatistics,
  RoundTripMeter,
  rtpPayloadType,
  rtpSequence,
  rtpSsrc,
  rtpTimestamp,
} from '../rtp/index.ts'
import type { LegConfiguration, LegReport, SocketAddress } from './protocol.ts'

type Codecs = LegConfiguration['codecs']

/** Carried beside speech, so neither is the codec of a call. */
const NOT_SPEECH: ReadonlySet<string> = new Set(['telephone-event', 'cn', 'red'])
const DEFAULT_CLOCK_RATE = 8000

export class LegStatistics {
  packetsSent = 0
  octetsSent = 0
  packetsUnauthenticated = 0
  packetsReplayed = 0
  /** Milliseconds since the epoch. */
  lastPacketAt: number | undefined
  /** Monotonic milliseconds of the last authenticated packet, or of when we began to wait for one. */
  lastHeard: number
  readonly roundTrip = new RoundTripMeter()
  #codecs: Codecs
  #codec: Codecs[number] | undefined
  #payloadType = -1
  #clockRate = DEFAULT_CLOCK_RATE
  #current: ReceptionStatistics | undefined
  /** Of sources that this phone used before. */
  #earlier = { packets: 0, octets: 0, lost: 0, expected: 0 }

  constructor(codecs: Codecs, clock: Clock) {
    this.#codecs = codecs
    this.#codec = codecs.find(isSpeech)
    this.lastHeard = clock.monotonic()
  }

  codecsChanged(codecs: Codecs): void {
    this.#codecs = codecs
    this.#payloadType = -1
    if (this.#codec === undefined || !codecs.some(codec => codec.name === this.#codec?.name)) {
      this.#codec = codecs.find(isSpeech)
    }
  }

  /** A plain RTP packet that authenticated. */
  received(packet: Buffer, payloadOctets: number, now: number): void {
    const payloadType = rtpPayloadType(packet)
    if (payloadType !== this.#payloadType) this.#payloadTypeChanged(payloadType)
    const ssrc = rtpSsrc(packet)
    if (this.#current === undefined || this.#current.ssrc !== ssrc) this.#sourceChanged(ssrc)
    this.#current!.record(rtpSequence(packet), rtpTimestamp(packet), payloadOctets, now, this.#clockRate)
  }

  #payloadTypeChanged(payloadType: number): void {
    this.#payloadType = payloadType
    const codec = this.#codecs.find(candidate => candidate.payloadType === payloadType)
    this.#clockRate = codec?.clockRate ?? DEFAULT_CLOCK_RATE
    if (codec !== undefined && isSpeech(codec)) this.#codec = codec
  }

  #sourceChanged(ssrc: number): void {
    if (this.#current !== undefined) {
      this.#earlier.packets += this.#current.packets
      this.#earlier.octets += this.#current.octets
      this.#earlier.lost += this.#current.lost
      this.#earlier.expected += this.#current.expected
    }
    this.#current = new ReceptionStatistics(ssrc, this.#clockRate)
  }

  report(suite: LegConfiguration['suite'], remote: SocketAddress | undefined): LegReport {
    const current = this.#current
    const packetsLost = this.#earlier.lost + (current?.lost ?? 0)
    const expected = this.#earlier.expected + (current?.expected ?? 0)
    const jitter = current?.jitterMs ?? 0
    const roundTrip = this.roundTrip.value
    const codec = this.#codec?.name
    return {
      codec,
      suite,
      transport: suite === undefined ? 'RTP' : 'SRTP',
      packetsReceived: this.#earlier.packets + (current?.packets ?? 0),
      packetsSent: this.packetsSent,
      octetsReceived: this.#earlier.octets + (current?.octets ?? 0),
      octetsSent: this.octetsSent,
      packetsLost,
      jitter,
      roundTrip,
      mos:
        expected === 0
          ? undefined
          : meanOpinionScore({ codec, lossRatio: packetsLost / expected, jitterMs: jitter, roundTripMs: roundTrip }),
      packetsUnauthenticated: this.packetsUnauthenticated,
      packetsReplayed: this.packetsReplayed,
      lastPacketAt: this.lastPacketAt,
      remote,
    }
  }
}

function isSpeech(codec: Codecs[number]): boolean {
  return !NOT_SPEECH.has(codec.name.toLowerCase())
}
