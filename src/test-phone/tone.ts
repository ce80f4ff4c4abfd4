/** Tones: made sample by sample, and found again in what was heard (Goertzel's algorithm). */

/** A full-scale sine in a 16-bit sample, so a level of 0 dBov. */
const FULL_SCALE = 32_767

export interface ToneGenerator {
  /** The next `count` samples; the phase runs on from call to call. */
  next(count: number): Int16Array
}

/** A sine of `frequency` hertz at `level` dBov (0 is full scale; -10 is a comfortable test tone). */
export function createToneGenerator(frequency: number, sampleRate = 8000, level = -10): ToneGenerator {
  const amplitude = FULL_SCALE * 10 ** (level / 20)
  const step = (2 * Math.PI * frequency) / sampleRate
  let phase = 0
  return {
    next(count) {
      const samples = new Int16Array(count)
      for (let i = 0; i < count; i++) {
        samples[i] = Math.round(amplitude * Math.sin(phase))
        phase += step
        if (phase > 2 * Math.PI) phase -= 2 * Math.PI
      }
      return samples
    },
  }
}

export interface ToneMeasurement {
  readonly frequency: number
  /** Part of the signal's whole power that lies at `frequency`: 1 for a clean tone, near 0 for silence or another tone. */
  readonly share: number
  /** Level of the whole signal in dBov, -Infinity for digital silence. */
  readonly level: number
  readonly samples: number
}

/** Measures how much of `samples` is a tone of `frequency` hertz. */
export function measureTone(samples: Int16Array, frequency: number, sampleRate = 8000): ToneMeasurement {
  const count = samples.length
  const omega = (2 * Math.PI * frequency) / sampleRate
  const coefficient = 2 * Math.cos(omega)
  let previous = 0
  let beforePrevious = 0
  let energy = 0
  for (let i = 0; i < count; i++) {
    const sample = samples[i]!
    energy += sample * sample
    const current = sample + coefficient * previous - beforePrevious
    beforePrevious = previous
    previous = current
  }
  if (energy === 0) return { frequency, share: 0, level: Number.NEGATIVE_INFINITY, samples: count }
  const power = previous ** 2 + beforePrevious ** 2 - coefficient * previous * beforePrevious
  // A sine of amplitude A has energy N·A²/2 and Goertzel power (N·A/2)².
  const share = Math.min(1, (2 * power) / (count * energy))
  const level = 10 * Math.log10((2 * energy) / (count * FULL_SCALE ** 2))
  return { frequency, share, level, samples: count }
}

/** True when the tone is clearly there: more than half of the power, above -40 dBov, in at least 100 ms of sound. */
export function toneHeard(measurement: ToneMeasurement, sampleRate = 8000): boolean {
  return measurement.share > 0.5 && measurement.level > -40 && measurement.samples >= sampleRate / 10
}
