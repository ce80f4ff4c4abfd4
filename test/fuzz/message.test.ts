/** The message layer under hostile input: never throws, linear time, stable round trip. Time-boxed; FUZZ seeds are printed by fast-check. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildResponse } from '../../src/sip/message/build.ts'
import { parseChallenge, parseCredentials } from '../../src/sip/message/challenge.ts'
import { withoutTopmostVia, withTopmostVia } from '../../src/sip/message/change.ts'
import { parseDate } from '../../src/sip/message/date.ts'
import { parseContentType, parseCSeq, parseParameters, splitList } from '../../src/sip/message/headers.ts'
import { formatNameAddress, nameAddress, parseNameAddress } from '../../src/sip/message/name-address.ts'
import { parseMessage } from '../../src/sip/message/parse.ts'
import { serialise } from '../../src/sip/message/serialise.ts'
import type { SipMessage } from '../../src/sip/message/types.ts'
import { formatUri, parseUri, sipUri, uriEquals } from '../../src/sip/message/uri.ts'
import { validateRequest, validateResponse } from '../../src/sip/message/validate.ts'
import { formatVia, parseVia } from '../../src/sip/message/via.ts'
import { RFC4475 } from '../conformance/vectors/rfc4475.ts'
import { RFC5118 } from '../conformance/vectors/rfc5118.ts'

/** Milliseconds for each property. */
const BOX = 1_500
const options = { numRuns: 1_000_000, interruptAfterTimeLimit: BOX, markInterruptAsFailure: false } as const

const seeds: readonly Buffer[] = [...RFC4475, ...RFC5118].map(vector => vector.bytes)

const NASTY = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  '\r\n ',
  '\r\n\r\n',
  '"',
  '\\',
  '<',
  '>',
  ',',
  ';',
  ';;',
  '=',
  ':',
  '%',
  '%00',
  '%zz',
  '@',
  '[',
  ']',
  '[::1]',
  '*',
  'SIP/2.0',
  'sip:',
  'sips:',
  'tel:+1',
  ' ',
  '\t',
  '\xff',
  '\xc3\xa4',
  '\xed\xa0\x80',
  '4294967296',
  '-1',
  '99999999999999999999',
  'Via: ',
  'Contact: *\r\n',
  'Content-Length: 0\r\n',
  'l: 5\r\n',
  'Route: <sip:a@b;lr>\r\n',
  ';tag=',
  ';branch=z9hG4bK',
  '%s%n%x',
  'a'.repeat(300),
]

/** A message of the RFCs with pieces cut out, doubled, overwritten or put in. */
const mutant = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.integer({ min: 0, max: 60 }),
        kind: fc.constantFrom('cut', 'double', 'insert', 'overwrite', 'flip'),
        text: fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 12 })),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map(([seed, edits]) => {
    let text = seed.toString('latin1')
    for (const { at, length, kind, text: piece } of edits) {
      const from = Math.floor(at * text.length)
      const to = Math.min(text.length, from + length)
      const before = text.slice(0, from)
      if (kind === 'cut') text = before + text.slice(to)
      else if (kind === 'double') text = text.slice(0, to) + text.slice(from)
      else if (kind === 'insert') text = before + piece + text.slice(from)
      else if (kind === 'overwrite') text = before + piece + text.slice(from + piece.length)
      else if (from < text.length)
        text = `${before}${String.fromCharCode(text.charCodeAt(from) ^ (1 << (length % 8)))}${text.slice(from + 1)}`
    }
    return Buffer.from(text, 'latin1')
  })

/** Everything that the layers above read of an accepted message; none of it may throw. */
function readAll(message: SipMessage): void {
  void [
    message.callId,
    message.cseq,
    message.from,
    message.to,
    message.fromTag,
    message.toTag,
    message.vias,
    message.contacts,
  ]
  void [message.topmostVia, message.routes, message.recordRoutes, message.contentType]
  if (message.kind === 'request') void [message.requestUri, message.maxForwards]
  for (const { name } of message.headers) message.headerValues(name)
}

function isAcceptable(message: SipMessage): boolean {
  return (message.kind === 'request' ? validateRequest(message) : validateResponse(message)) === undefined
}

function holds(bytes: Buffer): void {
  const start = performance.now()
  const parsed = parseMessage(bytes)
  if (!parsed.ok) {
    const { request } = parsed.error
    if (request !== undefined) assertCleanAnswer(request)
  } else if (isAcceptable(parsed.value)) {
    readAll(parsed.value)
    assertStable(parsed.value)
    withTopmostVia(parsed.value, 'SIP/2.0/TLS a;branch=z9hG4bK1')
    withoutTopmostVia(parsed.value)
    if (parsed.value.kind === 'request') assertCleanAnswer(parsed.value)
  } else if (parsed.value.kind === 'request') assertCleanAnswer(parsed.value)
  // A garbage collection may fall into any run: only what is far beyond one fails.
  assert.ok(performance.now() - start < 250, `${bytes.length} octets took ${performance.now() - start} ms`)
}

/** Serialised once, it parses to the same message, and that serialises to the same octets. */
function assertStable(message: SipMessage): void {
  const once = serialise(message)
  const again = parseMessage(once)
  if (!again.ok && again.error.code === 'SIP_PARSE_LINE_TOO_LONG') return
  assert.ok(again.ok, again.ok ? '' : again.error.message)
  assert.ok(isAcceptable(again.value))
  assert.deepEqual(serialise(again.value), once)
}

/** An answer is itself a message, on as many lines as it has headers. */
function assertCleanAnswer(request: Parameters<typeof buildResponse>[0]): void {
  const answer = buildResponse(request, 400, undefined, { toTag: 'x' })
  const text = serialise(answer).toString('latin1')
  const head = text.slice(0, text.indexOf('\r\n\r\n'))
  assert.equal(head.split(/\r\n|\r|\n/).length, answer.headers.length + 2)
}

test('arbitrary octets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), bytes => holds(Buffer.from(bytes))),
    options,
  )
})

test('mutants of the RFC messages', () => {
  fc.assert(fc.property(mutant, holds), options)
})

test('every message of the RFCs, cut at every octet', () => {
  for (const seed of seeds)
    for (let end = 0; end <= seed.length; end += 1 + Math.floor(seed.length / 700)) holds(seed.subarray(0, end))
})

const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }).map(text => Buffer.from(text, 'utf8').toString('latin1')),
  fc.array(fc.constantFrom(...NASTY, 'a', 'tag', 'host', '1'), { maxLength: 12 }).map(parts => parts.join('')),
)

test('single values: none throws, and what is accepted is written and read back the same', () => {
  fc.assert(
    fc.property(value, text => {
      for (const parse of [parseChallenge, parseCredentials, parseCSeq, parseContentType, parseDate, parseParameters])
        parse(text)
      assert.ok(splitList(text).length <= text.length + 1)
      const uri = parseUri(text)
      if (uri !== undefined) {
        const again = parseUri(formatUri(uri))
        assert.ok(again !== undefined && uriEquals(uri, again))
        assert.deepEqual(again, uri)
      }
      const address = parseNameAddress(text)
      if (address !== undefined && !/[\r\n]/.test(text))
        assert.deepEqual(parseNameAddress(formatNameAddress(address)), address)
      const via = parseVia(text)
      if (via !== undefined && !/[\r\n]/.test(text)) assert.deepEqual(parseVia(formatVia(via)), via)
    }),
    options,
  )
})

const token = fc.stringMatching(/^[a-zA-Z0-9.!%*_+`'~-]{1,12}$/)
const user = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 12 })
  .map(text => Buffer.from(text, 'utf8').toString('latin1'))

const line = user.filter(text => !/[\r\n]/.test(text))
const parameters = (text: fc.Arbitrary<string>): fc.Arbitrary<ReadonlyMap<string, string | undefined>> =>
  fc.array(fc.tuple(token, fc.option(text, { nil: undefined })), { maxLength: 4 }).map(lowerNames)

test('any address that we build is read back the same', () => {
  const parts = fc.tuple(
    fc.option(line, { nil: undefined }),
    fc.constantFrom('sip' as const, 'sips' as const),
    fc.option(user, { nil: undefined }),
    fc.constantFrom('example.com', '192.0.2.1', '2001:db8::1'),
    fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
    parameters(user),
    parameters(line),
  )
  fc.assert(
    fc.property(parts, ([displayName, scheme, name, host, port, ofUri, ofHeader]) => {
      const uri = sipUri({ scheme, user: name, host, port, parameters: ofUri })
      const built = nameAddress({ displayName, uri, parameters: ofHeader })
      assert.deepEqual(parseNameAddress(formatNameAddress(built)), built)
    }),
    options,
  )
})

function lowerNames(
  entries: readonly (readonly [string, string | undefined])[],
): ReadonlyMap<string, string | undefined> {
  return new Map(entries.map(([name, text]) => [name.toLowerCase(), text]))
}
