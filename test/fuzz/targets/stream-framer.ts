/** A stream cut anywhere says the same as a whole one, holds at most its bound, and fails at most once. */
import assert from 'node:assert/strict'
import { StreamFramer } from '../../../src/sip/transport/stream-framer.ts'
import { createRandom } from '../engine/random.ts'
import { type FuzzTarget, texts } from '../engine/target.ts'
import { message, PHONE_MESSAGES, SDP_SEED } from './message-seeds.ts'

const LIMITS = { maximumMessageLength: 6_000, maximumLineLength: 512, maximumHeaderCount: 32, maximumBodyLength: 2_000 }

export const target: FuzzTarget = {
  name: 'stream-framer',
  covers: ['src/sip/transport/stream-framer.ts'],
  shape: 'message',
  seeds: texts(
    PHONE_MESSAGES[0]! + PHONE_MESSAGES[2]! + PHONE_MESSAGES[5]!,
    `\r\n\r\n${message('OPTIONS sip:a SIP/2.0', [])}\r\n\r\n\r\n${message('SIP/2.0 200 OK', ['l : 0'])}`,
    message('INVITE sip:a SIP/2.0', ['Content-Type: application/sdp'], SDP_SEED).replace('Content-Length:', 'l :\r\n '),
    message('OPTIONS sip:a SIP/2.0', []).replace(/Content-Length.*\r\n/, ''),
  ),
  maximumLength: 20_000,
  check,
}

interface Outcome {
  readonly said: readonly string[]
  readonly octets: number
}

function frame(pieces: Iterable<Buffer>): Outcome {
  const said: string[] = []
  let octets = 0
  const framer = new StreamFramer(
    {
      onFrame(bytes) {
        octets += bytes.length
        return said.push(`message ${bytes.toString('latin1')}`) > 0
      },
      onPing: () => void said.push('ping'),
      onFramingError: error => void said.push(`error ${error.code} ${error.head.toString('latin1')}`),
    },
    LIMITS,
  )
  for (const piece of pieces) {
    framer.push(piece)
    assert.ok(framer.held <= LIMITS.maximumMessageLength, `held ${framer.held}`)
    // The chunk's memory is the socket's again: what is still needed of it was copied.
    piece.fill(0x5a)
  }
  return { said, octets }
}

/** Pieces of a few octets up to a few thousand, chosen by the input itself. */
function* pieces(input: Buffer): Generator<Buffer> {
  const random = createRandom(input.length * 65_537 + (input[0] ?? 0))
  for (let at = 0; at < input.length; ) {
    const length = 1 + random.below(random.oneIn(3) ? 1500 : 12)
    yield Buffer.from(input.subarray(at, at + length))
    at += length
  }
}

function check(input: Buffer): void {
  const whole = frame([Buffer.from(input)])
  assert.deepEqual(frame(pieces(input)).said, whole.said)
  assert.ok(whole.octets <= input.length, 'more octets came out than went in')
  const errors = whole.said.filter(line => line.startsWith('error'))
  assert.ok(errors.length <= 1 && (errors.length === 0 || whole.said.at(-1) === errors[0]))
}
