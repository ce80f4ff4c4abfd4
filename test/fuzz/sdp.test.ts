/** Session descriptions nobody would write: the parser and the whole negotiation answer, in bounded time, and never throw. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formatSdp, judgeMedia, parseCrypto, parseSdp } from '../../src/media/sdp/index.ts'
import { SUITES } from '../../src/media/srtp/index.ts'

const KEY = Buffer.alloc(30, 1).toString('base64')
const SEED = `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=fmtp:101 0-16\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|2^20|1:4\r\na=sendrecv\r\nm=video 4002 RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack pli\r\n`

/** After the categories of PROTOS c07: overflow, format strings, UTF-8, escapes, addresses, line games. */
const NASTY = [
  'A'.repeat(5000),
  '%s%s%n',
  '\u0000',
  '\u00ff\u00fe',
  '\ud800',
  '\r',
  '\n',
  '\r\n\r\n',
  '=',
  ':',
  ';'.repeat(500),
  '|'.repeat(500),
  '99999999999999999999',
  '-1',
  '0x10',
  '255.255.255.256',
  '::ffff:1',
  '[::1]',
  ' '.repeat(3000),
  '\t',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:',
  'm=audio 0 RTP/SAVP 0\r\n'.repeat(20),
]

interface Mutation {
  readonly at: number
  readonly remove: number
  readonly insert: string
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(SEED.length),
  remove: fc.nat(60),
  insert: fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 40, unit: 'binary' })),
})

function mutate(text: string, mutations: readonly Mutation[]): string {
  let result = text
  for (const { at, remove, insert } of mutations) {
    const start = at % (result.length + 1)
    result = result.slice(0, start) + insert + result.slice(start + remove)
  }
  return result
}

function check(text: string): void {
  const started = performance.now()
  const result = parseSdp(text)
  assert.ok(performance.now() - started < 100, 'took too long')
  if (!result.ok) {
    assert.match(result.error.code, /^SDP_/)
    assert.ok(result.error.detail.length < 400)
    return
  }
  const again = parseSdp(formatSdp(result.value))
  assert.deepEqual(again.ok && again.value, result.value)
  for (const media of result.value.media) {
    const judgement = judgeMedia(media, SUITES)
    if (judgement.verdict === 'secure') assert.ok(/^RTP\/SAVPF?$/i.test(media.protocol))
  }
}

describe('fuzz: SDP', () => {
  test('mutated descriptions', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), mutations => check(mutate(SEED, mutations))),
      { numRuns: 3000 },
    )
  })

  test('arbitrary text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 2000, unit: 'binary' }), check), { numRuns: 1000 })
  })

  test('time grows with length only', () => {
    for (const nasty of [
      ' '.repeat(16_000),
      `o=${' '.repeat(15_000)}`,
      `v=0\no=- 1 1 IN IP4 h\nm=audio ${'/'.repeat(15_000)}`,
      `v=0\no=- 1 1 IN IP4 h\na=${'a'.repeat(15_000)}`,
    ]) {
      check(nasty)
    }
  })

  test('crypto attributes', () => {
    const part = fc.oneof(
      fc.constantFrom(...NASTY, KEY, 'inline:', '1', 'AES_CM_128_HMAC_SHA1_80', '|2^20', '|1:4', ';', ' '),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), parts => {
        const crypto = parseCrypto(parts.join(''))
        if (crypto !== undefined) assert.ok(crypto.keys.length >= 1 && crypto.keys.length <= 4)
      }),
      { numRuns: 3000 },
    )
  })
})
