/** However a stream is cut into pieces, the framer says the same; and it never holds more than its bound. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { StreamFramer } from '../../src/sip/transport/stream-framer.ts'

const LIMITS = { maximumMessageLength: 2048, maximumLineLength: 512, maximumHeaderCount: 32, maximumBodyLength: 512 }
const RUNS = 3000

interface Outcome {
  readonly said: string[]
  readonly mostHeld: number
}

function frame(pieces: readonly Buffer[]): Outcome {
  const said: string[] = []
  let mostHeld = 0
  const framer = new StreamFramer(
    {
      onFrame(bytes) {
        said.push(`message ${bytes.toString('latin1')}`)
        return true
      },
      onPing: () => void said.push('ping'),
      onFramingError: error => void said.push(`error ${error.code} ${error.head.toString('latin1')}`),
    },
    LIMITS,
  )
  for (const piece of pieces) {
    framer.push(piece)
    mostHeld = Math.max(mostHeld, framer.held)
  }
  return { said, mostHeld }
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places.map(place => place % (bytes.length + 1)))].sort((a, b) => a - b)
  const pieces: Buffer[] = []
  let from = 0
  for (const place of [...sorted, bytes.length]) {
    pieces.push(Buffer.from(bytes.subarray(from, place)))
    from = place
  }
  return pieces
}

const header = fc.oneof(
  fc.constantFrom(
    'Via: SIP/2.0/TCP a;branch=z9hG4bK1',
    'l: 3',
    'Content-Length: 0',
    'Content-Length:\r\n 4',
    'Content-Length: 4294967296',
    'content-length : -1',
    'Subject: a\r\n\tb',
    'X:',
    'lone \r carriage',
    'lone \n feed',
    `Long: ${'x'.repeat(300)}`,
  ),
  fc.string({ maxLength: 20 }),
)
const piece = fc.oneof(
  fc
    .record({
      headers: fc.array(header, { maxLength: 6 }),
      body: fc.string({ maxLength: 40 }),
      lie: fc.integer({ min: -3, max: 3 }),
    })
    .map(({ headers, body, lie }) => {
      const length = `Content-Length: ${Buffer.byteLength(body) + lie}`
      return `OPTIONS sip:a SIP/2.0\r\n${[...headers, length].join('\r\n')}\r\n\r\n${body}`
    }),
  fc.string({ maxLength: 30 }).map(body => `SIP/2.0 200 OK\r\nl:${Buffer.byteLength(body)}\r\n\r\n${body}`),
  fc.constantFrom('\r\n', '\r\n\r\n', '\r', '\n', '\0', 'x'.repeat(3000)),
)
const stream = fc.oneof(
  fc.array(piece, { maxLength: 8 }).map(pieces => Buffer.from(pieces.join(''))),
  fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
)

test('any cut of a stream gives the same messages, keep-alives and errors', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(5000), { maxLength: 12 }), (bytes, places) => {
      const whole = frame([bytes])
      const cutUp = frame(cut(bytes, places))
      assert.deepEqual(cutUp.said, whole.said)
      assert.ok(cutUp.mostHeld <= LIMITS.maximumMessageLength, `held ${cutUp.mostHeld}`)
      assert.ok(whole.said.filter(line => line.startsWith('error')).length <= 1)
    }),
    { numRuns: RUNS },
  )
})

test('one octet at a time gives the same', () => {
  fc.assert(
    fc.property(stream, bytes => {
      const single = frame(Array.from(bytes, octet => Buffer.from([octet])))
      assert.deepEqual(single.said, frame([bytes]).said)
      assert.ok(single.mostHeld <= LIMITS.maximumMessageLength)
    }),
    { numRuns: RUNS / 3 },
  )
})
