/** Whatever is said on one side, what crosses is in the list, in its form, and on one line. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  CROSSING_BODIES,
  CROSSING_HEADERS,
  type CrossingBody,
  crossingBody,
  GEOLOCATION,
  PRIORITY,
  REASON,
  SUBJECT,
} from './may-cross.ts'

const EVIL = [
  '\r\nX-Evil: 1',
  '\nX-Evil: 1',
  '\r',
  '\0',
  '\u000b',
  '\u0085',
  '\u2028a=evil',
  '\u2029',
  '\u202e',
  '";x=1',
  '%0d%0a',
]
const bytes = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(...EVIL, 'SIP;cause=200', '<https:', '>', 'urgent'),
    ),
  )
  .map(parts => Buffer.from(parts.join(''), 'utf8').toString('latin1'))

test('no value that crosses ends a line, turns one, or is longer than its bound', () => {
  fc.assert(
    fc.property(bytes, value => {
      for (const { cross } of CROSSING_HEADERS) {
        const crossed = cross(value)
        if (crossed === undefined) continue
        assert.ok(crossed.length <= 1_024)
        assert.match(crossed, /^[\x20-\x7e\x80-\xff]*$/)
        assert.doesNotMatch(
          Buffer.from(crossed, 'latin1').toString('utf8'),
          /[\u0080-\u009f\u2028\u2029\u202a-\u202e\ufffd]/,
        )
      }
    }),
  )
})

test('no body crosses but a key, a duration, and our own words', () => {
  fc.assert(
    fc.property(fc.constantFrom(...(Object.keys(CROSSING_BODIES) as CrossingBody[])), bytes, (type, value) => {
      for (const text of [value, `Signal=5\r\n${value}`, `picture_fast_update ${value}`]) {
        const body = crossingBody(type, text) ?? ''
        assert.match(
          body,
          /^(|[0-9A-D*#]{1,2}|Signal=[0-9A-D*#]{1,2}\r\n(Duration=\d{1,5}\r\n)?|<\?xml [^\0]{100,170})$/i,
        )
        assert.doesNotMatch(body, /evil/i)
      }
    }),
  )
})

test('what people and phones really say crosses', () => {
  assert.equal(SUBJECT.cross('Mittag?'), 'Mittag?')
  assert.equal(SUBJECT.cross('caf\u00c3\u00a9'), 'caf\u00c3\u00a9')
  assert.equal(PRIORITY.cross('Urgent'), 'urgent')
  assert.equal(REASON.cross('Q.850; cause=16 ;text="Terminated by alice"'), 'Q.850;cause=16')
  assert.equal(GEOLOCATION.cross('<https://lis.example/1>;inserted-by="10.9.8.7"'), '<https://lis.example/1>')
  assert.equal(
    crossingBody('application/dtmf-relay', 'Signal= 5\nDuration= 160\nX-Evil: 1'),
    'Signal=5\r\nDuration=160\r\n',
  )
  assert.equal(crossingBody('application/dtmf', '#'), '#')
})

test('and what only looks like it does not', () => {
  assert.equal(PRIORITY.cross('emergency'), undefined)
  assert.equal(REASON.cross('X-Inside;cause=1'), undefined)
  assert.equal(REASON.cross('SIP;cause=2001'), undefined)
  assert.equal(GEOLOCATION.cross('<cid:alice@10.9.8.7>'), undefined)
  assert.equal(SUBJECT.cross('x'.repeat(257)), undefined)
  assert.equal(crossingBody('application/dtmf', 'call me'), undefined)
})
