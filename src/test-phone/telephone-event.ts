/**
 * DTMF digits as RTP telephone events (RFC 4733 §2.3):
 *
 *     |     event     |E|R| volume    |          duration             |
 */

const DIGITS = '0123456789*#ABCD'
const END = 0x80
const VOLUME = 10
/** Samples of a 20 ms frame at 8 kHz. */
const FRAME = 160
/** The last packet goes three times (§2.5.1.4). */
const END_REPEATS = 3

export interface EventFrame {
  readonly payload: Buffer
  /** True for the first packet of an event (§2.5.1.1). */
  readonly marker: boolean
  /** All packets of an event carry the timestamp of its start. */
  readonly first: boolean
}

/** The payloads for one digit of `milliseconds`, one for each 20 ms frame. Throws RangeError for what is no digit. */
export function eventFrames(digit: string, milliseconds = 100): EventFrame[] {
  const event = DIGITS.indexOf(digit.toUpperCase())
  if (event < 0 || digit.length !== 1) throw new RangeError(`no DTMF digit: ${JSON.stringify(digit)}`)
  const steps = Math.max(2, Math.round(milliseconds / 20))
  const frames: EventFrame[] = []
  for (let step = 1; step <= steps; step++) frames.push(frame(event, step * FRAME, false, step === 1))
  for (let repeat = 0; repeat < END_REPEATS; repeat++) frames.push(frame(event, steps * FRAME, true, false))
  return frames
}

function frame(event: number, duration: number, end: boolean, first: boolean): EventFrame {
  const payload = Buffer.alloc(4)
  payload[0] = event
  payload[1] = (end ? END : 0) | VOLUME
  payload.writeUInt16BE(duration, 2)
  return { payload, marker: first, first }
}

/** Finds digits in received event packets: one for each event, told at its first packet. */
export function createEventReader(onDigit: (digit: string) => void): (payload: Uint8Array, timestamp: number) => void {
  let last: number | undefined
  return (payload, timestamp) => {
    const digit = DIGITS[payload[0] ?? 255]
    if (payload.length < 4 || digit === undefined || timestamp === last) return
    last = timestamp
    onDigit(digit)
  }
}
