/** What arrived of one source: loss from sequence numbers and interarrival jitter (RFC 3550 §6.4.1, appendices A.1, A.3, A.8). */
import type { ReportBlock } from './rtcp.ts'

const SEQUENCE_ROUND = 0x1_0000
/** Larger steps ahead are a restart of the source, not loss (RFC 3550 appendix A.1: MAX_DROPOUT). */
const MAXIMUM_DROPOUT = 3000

export class ReceptionStatistics {
  packets = 0
  octets = 0
  readonly ssrc: number
  #clockRate: number
  /** Expected in earlier rounds of a source that restarted. */
  #expectedBefore = 0
  #base = -1
  #highest = -1
  /** In units of the timestamp. */
  #jitter = 0
  #lastTransit: number | undefined
  #lastTimestamp = 0
  #reportedExpected = 0
  #reportedReceived = 0

  constructor(ssrc: number, clockRate: number) {
    this.ssrc = ssrc
    this.#clockRate = clockRate
  }

  /** A packet that authenticated. `arrival` in milliseconds that only grow; `clockRate` of its payload type in hertz. */
  record(sequence: number, timestamp: number, payloadOctets: number, arrival: number, clockRate: number): void {
    this.packets++
    this.octets += payloadOctets
    this.#recordSequence(sequence)
    this.#recordJitter(timestamp, arrival, clockRate)
  }

  #recordSequence(sequence: number): void {
    if (this.#base < 0) {
      this.#base = sequence
      this.#highest = sequence
      return
    }
    const ahead = (sequence - this.#highest) & 0xffff
    if (ahead < MAXIMUM_DROPOUT) this.#highest += ahead
    else if (ahead < SEQUENCE_ROUND - MAXIMUM_DROPOUT) {
      this.#expectedBefore += this.#highest - this.#base + 1
      this.#base = sequence
      this.#highest = sequence
    } else this.#base = Math.min(this.#base, this.#highest - (SEQUENCE_ROUND - ahead)) // late, perhaps before the first
  }

  /** J += (|D| - J) / 16, over packets with a new timestamp: those of one video frame share theirs. */
  #recordJitter(timestamp: number, arrival: number, clockRate: number): void {
    if (clockRate !== this.#clockRate) {
      this.#jitter = 0
      this.#clockRate = clockRate
      this.#lastTransit = undefined
    }
    if (this.#lastTransit !== undefined && timestamp === this.#lastTimestamp) return
    const transit = (arrival * clockRate) / 1000 - timestamp
    if (this.#lastTransit !== undefined) {
      const difference = wrapped(transit - this.#lastTransit)
      // A step of more than two seconds is a new talk spurt or a restarted clock, not a delay.
      if (difference < 2 * clockRate) this.#jitter += (difference - this.#jitter) / 16
    }
    this.#lastTransit = transit
    this.#lastTimestamp = timestamp
  }

  get expected(): number {
    return this.#base < 0 ? 0 : this.#expectedBefore + this.#highest - this.#base + 1
  }

  /** Packets that did not arrive; never below 0, though duplicates and late ones may make up for others. */
  get lost(): number {
    return Math.max(0, this.expected - this.packets)
  }

  get jitterMs(): number {
    return (this.#jitter * 1000) / this.#clockRate
  }

  /** The report block of RFC 3550 §6.4.1, loss fraction since the previous one. */
  reportBlock(lastSenderReport: number, delaySinceLastSenderReport: number): ReportBlock {
    const expected = this.expected - this.#reportedExpected
    const lost = expected - (this.packets - this.#reportedReceived)
    this.#reportedExpected = this.expected
    this.#reportedReceived = this.packets
    return {
      ssrc: this.ssrc,
      fractionLost: expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
      packetsLost: this.expected - this.packets,
      highestSequence: Math.max(0, this.#highest) % 0x1_0000_0000,
      jitter: Math.floor(this.#jitter),
      lastSenderReport,
      delaySinceLastSenderReport,
    }
  }
}

/** The distance of two transit times, though the 32-bit timestamp may have wrapped between them. */
function wrapped(difference: number): number {
  const distance = Math.abs(difference) % 0x1_0000_0000
  return Math.min(distance, 0x1_0000_0000 - distance)
}
