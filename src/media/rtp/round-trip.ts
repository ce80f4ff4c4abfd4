/**
 * Round trip to one phone (RFC 3550 §6.4.1, figure 2). The relay is no source of its own: it notes when it passed a sender
 * report on to the phone, and finds that report again as LSR in what the phone sends back.
 */

const KEPT = 4
const ROUND = 0x1_0000_0000

export class RoundTripMeter {
  /** Milliseconds, smoothed, or undefined before the first answer. */
  value: number | undefined
  readonly #sent: { ntpMiddle: number; at: number }[] = []

  /** A sender report went to the phone. `now` in milliseconds that only grow. */
  senderReportSent(ntpMiddle: number, now: number): void {
    if (this.#sent.length >= KEPT) this.#sent.shift()
    this.#sent.push({ ntpMiddle, at: now })
  }

  /** The phone reported about it. Takes the delay in 1/65,536 s. */
  reportReceived(lastSenderReport: number, delaySinceLastSenderReport: number, now: number): void {
    if (lastSenderReport === 0) return
    const sent = this.#sent.find(candidate => candidate.ntpMiddle === lastSenderReport)
    if (sent === undefined) return
    const roundTrip = now - sent.at - ((delaySinceLastSenderReport % ROUND) * 1000) / 0x1_0000
    // A phone with a coarse clock can report more delay than there was.
    const measured = Math.max(0, roundTrip)
    this.value = this.value === undefined ? measured : this.value + (measured - this.value) / 4
  }
}
