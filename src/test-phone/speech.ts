/** What the phone says: one encoded payload for each 20 ms, of silence or a tone, made once and repeated. */
import type { Codec } from './g711.ts'
import { createToneGenerator } from './tone.ts'

const FRAME_SAMPLES = 160
const FRAMES = 50

export interface Speech {
  next(): Buffer
}

/** A tone of whole hertz repeats after a second, so its 50 payloads are all there is to encode. Undefined: silence. */
export function createSpeech(codec: Codec, frequency: number | undefined): Speech {
  if (frequency === undefined) {
    const silence = codec.encode(new Int16Array(FRAME_SAMPLES))
    return { next: () => silence }
  }
  const generator = createToneGenerator(Math.round(frequency), codec.clockRate)
  const payloads = Array.from({ length: FRAMES }, () => codec.encode(generator.next(FRAME_SAMPLES)))
  let position = 0
  return {
    next() {
      const payload = payloads[position]!
      position = (position + 1) % FRAMES
      return payload
    },
  }
}
