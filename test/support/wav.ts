/** WAV files of 16-bit linear samples, one channel: what phones play, and what they recorded. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createToneGenerator } from '../../src/test-phone/tone.ts'

export interface Sound {
  readonly sampleRate: number
  readonly samples: Int16Array
}

/** Writes `seconds` of a tone of `frequency` hertz. */
export function writeTone(path: string, frequency: number, seconds: number, sampleRate = 8000): void {
  const samples = createToneGenerator(frequency, sampleRate).next(seconds * sampleRate)
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  const header = Buffer.alloc(44)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(36 + data.length, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(sampleRate, 24)
  header.writeUInt32LE(sampleRate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(data.length, 40)
  writeFileSync(path, Buffer.concat([header, data]))
}

const HEADER = 44

/** Reads a file that may still be written: its header's lengths are not trusted, its size is. Without a header yet: 8 kHz. */
export function readWav(path: string): Sound {
  const bytes = readFileSync(path)
  if (bytes.toString('latin1', 0, 4) !== 'RIFF') return { sampleRate: 8000, samples: toSamples(bytes.subarray(HEADER)) }
  let offset = 12
  let sampleRate = 8000
  while (offset + 8 <= bytes.length) {
    const chunk = bytes.toString('latin1', offset, offset + 4)
    const length = bytes.readUInt32LE(offset + 4)
    if (chunk === 'fmt ') {
      sampleRate = bytes.readUInt32LE(offset + 12)
      const channels = bytes.readUInt16LE(offset + 10)
      const bits = bytes.readUInt16LE(offset + 22)
      if (channels !== 1 || bits !== 16) throw new Error(`${path}: ${channels} channels of ${bits} bits`)
    }
    if (chunk === 'data') return { sampleRate, samples: toSamples(bytes.subarray(offset + 8)) }
    offset += 8 + length + (length % 2)
  }
  return { sampleRate, samples: new Int16Array(0) }
}

function toSamples(data: Buffer): Int16Array {
  const samples = new Int16Array(data.length >> 1)
  for (let i = 0; i < samples.length; i++) samples[i] = data.readInt16LE(2 * i)
  return samples
}
