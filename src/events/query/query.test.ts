import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QUERY_FIELDS } from './fields.ts'
import { type Fields, matches } from './matches.ts'
import { momentAt } from './moments.ts'
import { MAXIMUM_QUERY, parseQuery } from './parse.ts'
import type { Query } from './types.ts'

function parsed(text: string): Query {
  const result = parseQuery(text)
  assert.ok(result.ok, result.ok ? '' : result.error.message)
  return result.value
}

const EVENT: Readonly<Record<string, readonly (string | number | boolean)[]>> = {
  type: ['call.refused'],
  severity: ['warning'],
  extension: ['101'],
  source: ['2001:db8::7'],
  target: ['+34900123456'],
  rule: ['FRAUD_BURST'],
  'data.sipCode': [403],
  'data.reason': ['Too many "calls"'],
  'data.scopes': ['calls:read', 'log:read'],
}
const FIELDS: Fields = { values: field => EVENT[field] ?? [], text: () => JSON.stringify(EVENT) }
const finds = (text: string): boolean => matches(parsed(text).filter, FIELDS)

test('a query finds what it says, and nothing else', () => {
  const found = [
    '',
    'type:call.refused',
    'type:call.*',
    'type:(call.ended, call.refused)',
    'severity>=warning',
    'severity<error not severity:info',
    'extension:101 and (rule:FRAUD_* or rule:none)',
    'source:2001:db8::/32',
    'source:2001:db8::7',
    'data.sipCode>=400 data.sipCode<500',
    'data.reason~"many \\"CALLS\\""',
    'data.scopes:log:read',
    'extension!=102',
    'extension!=(102,103)',
    'not target:*9999 "fraud_burst"',
    'FRAUD_BURST last 24h',
  ]
  for (const text of found) assert.equal(finds(text), true, text)
  const missed = [
    'type:call',
    'type:registration.*',
    'severity>warning',
    'extension:10',
    'extension!=(102,101)',
    'source:2001:db9::/32',
    'source:192.0.2.0/24',
    'data.sipCode>403',
    'data.missing:1',
    'data.missing>=0',
    'not (extension:101 or extension:102)',
    'nothing-like-it',
  ]
  for (const text of missed) assert.equal(finds(text), false, text)
})

test('and binds tighter than or, not tighter than both, and words beside each other are joined by and', () => {
  const { filter } = parsed('extension:1 extension:2 or not extension:3 and extension:4')
  const of = (value: string) => ({ kind: 'compare', field: 'extension', comparison: '=', values: [value] }) as const
  assert.deepEqual(filter, {
    kind: 'any',
    of: [
      { kind: 'all', of: [of('1'), of('2')] },
      { kind: 'all', of: [{ kind: 'not', of: of('3') }, of('4')] },
    ],
  })
})

test('times bound the whole question', () => {
  const now = Date.UTC(2026, 10, 23, 12)
  const { since, until } = parsed('type:call.* since 2026-11-01T10:30 until 2h')
  assert.equal(momentAt(since!, now), Date.UTC(2026, 10, 1, 10, 30))
  assert.equal(momentAt(until!, now), now - 7_200_000)
  assert.equal(momentAt(parsed('since 2026-11-01T10:30:00+02:00').since!, now), Date.UTC(2026, 10, 1, 8, 30))
  assert.equal(momentAt(parsed('last 7d').since!, now), now - 7 * 86_400_000)
})

test('events are counted by fields, in steps of time, the largest groups first', () => {
  assert.deepEqual(parsed('type:call.* | count').counting, { by: [], per: undefined, top: 100 })
  const counting = { by: ['source', 'data.reason'], per: 3_600_000, top: 5 }
  assert.deepEqual(parsed('| count by source, data.reason per 1h top 5').counting, counting)
})

test('what cannot be read is told by place, by what stands there and by what was expected', () => {
  const faults: readonly (readonly [string, number, RegExp])[] = [
    ['extension:', 10, /a value of extension/],
    ['extention:101', 0, /a field \(type, severity/],
    ['(extension:101', 14, /\)/],
    ['extension:101)', 13, /and, or/],
    ['extension:101 or', 16, /a field, a word/],
    ['"never ends', 0, /a second "/],
    ['severity:loud', 9, /info, notice, warning/],
    ['extension>101', 10, /has no order/],
    ['data.sipCode>many', 13, /a number/],
    ['position:x', 9, /a number/],
    ['last year', 5, /15m, 24h/],
    ['since 2026-02-30', 6, /2026-11-01/],
    ['not last 24h', 4, /outside of brackets/],
    ['| sum', 2, /count/],
    ['| count by nothing', 11, /a field/],
    ['| count by type,type,type,type', 26, /at most 3/],
    ['| count top 0', 12, /from 1 to 1000/],
    ['| count per 1x', 12, /a span/],
    ['data.a.b.c.d.e:1', 0, /a field/],
  ]
  for (const [text, position, expected] of faults) {
    const result = parseQuery(text)
    assert.ok(!result.ok, text)
    assert.equal(result.error.position, position, text)
    assert.match(result.error.expected, expected, text)
    assert.match(result.error.message, /^at character \d+: found .*, expected /)
  }
})

test('a query is bounded in length, conditions and depth', () => {
  assert.equal(parseQuery('a'.repeat(MAXIMUM_QUERY + 1)).ok, false)
  assert.equal(parseQuery('a '.repeat(100)).ok, true)
  assert.equal(parseQuery('a '.repeat(101)).ok, false)
  assert.equal(parseQuery(`extension:(${Array(101).fill('1').join(',')})`).ok, false)
  assert.equal(parseQuery(`${'not '.repeat(1_000)}a`).ok, false)
  assert.equal(parseQuery('('.repeat(1_000)).ok, false)
})

test('every field has an example that can be read', () => {
  for (const { name, example } of QUERY_FIELDS) {
    const { filter } = parsed(example.replace('…', ''))
    assert.ok(filter.kind === 'compare' && filter.field === name, example)
  }
})

test('whatever is typed is read or refused with a place inside of it, and never throws', () => {
  const pieces = [
    'type',
    ':',
    '=',
    '!=',
    '>',
    '~',
    '(',
    ')',
    ',',
    '|',
    '"',
    '\\',
    ' ',
    'not',
    'or',
    'and',
    'last',
    '24h',
    'since',
    'count',
    'by',
    '!',
    'ü',
    '\u0000',
  ]
  const text = fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 })), { maxLength: 40 })
    .map(parts => parts.join(''))
  fc.assert(
    fc.property(text, input => {
      const result = parseQuery(input)
      if (result.ok) matches(result.value.filter, FIELDS)
      else assert.ok(result.error.position >= 0 && result.error.position <= input.length)
    }),
    { numRuns: 2_000 },
  )
})
