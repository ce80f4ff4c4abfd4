import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoggedEvent } from '../../api/types.ts'
import { complete, listingOf, partsOf, readQuery, withTerm, withTime } from './language.ts'

const nothing = (): readonly string[] => []
const texts = (text: string, seen = nothing as (field: string) => readonly string[]): readonly string[] =>
  complete(text, text.length, seen).options.map(each => each.text)

test('a question has conditions, bounds of time, and counting', () => {
  assert.deepEqual(partsOf('type:call.* last 24h outcome:failure | count by rule'), {
    filter: 'type:call.* outcome:failure',
    times: 'last 24h',
    counting: '| count by rule',
  })
  assert.equal(listingOf('since 2026-11-01T10:30 until 2026-11-02 | count'), 'since 2026-11-01T10:30 until 2026-11-02')
  // As a value it is no time.
  assert.deepEqual(partsOf('actor:last 24h').times, '')
  assert.deepEqual(partsOf('"not closed last 1h').times, '')
})

test('a value that is clicked narrows what was asked, whatever it is', () => {
  assert.equal(withTerm('', 'extension', '101'), 'extension:101')
  assert.equal(withTerm('a or b last 1h', 'type', 'call.ended'), '(a or b) type:call.ended last 1h')
  assert.equal(withTerm('extension:101', 'extension', '101'), 'extension:101')
  assert.equal(withTerm('x | count by rule', 'actor', 'Ada', true), 'x actor!=Ada | count by rule')
  for (const hostile of ['" or id:*', 'a\\"b', ') | count', '\u202e or', 'last 1h']) {
    const read = readQuery(withTerm('', 'client', hostile))
    assert.equal(read.fault, undefined, hostile)
    assert.equal(read.wants(called({ userAgent: hostile })), true, hostile)
    assert.equal(read.wants(called({ userAgent: 'another' })), false, hostile)
  }
})

test('a bound of time stands instead of the one before', () => {
  assert.equal(withTime('type:call.* last 1h', 'last 7d'), 'type:call.* last 7d')
  assert.equal(withTime('last 1h', ''), '')
})

test('fields, values and words are completed where they can stand', () => {
  assert.ok(texts('sev').includes('severity:'))
  assert.deepEqual(texts('severity>=w'), ['warning '])
  assert.ok(texts('type:call.e').includes('call.ended '))
  assert.ok(texts('type:(call.*,fra').includes('fraud.* '))
  assert.deepEqual(
    texts('extension:1', () => ['101', '202']),
    ['101 '],
  )
  assert.ok(texts('last ').includes('24h '))
  assert.ok(texts('x | ').includes('count by '))
  assert.deepEqual(texts('"sev'), [])
  const { from, to } = complete('actor:Ada sev', 13, nothing)
  assert.deepEqual([from, to], [10, 13])
})

test('a fault says where', () => {
  assert.equal(readQuery('type:call.* nonsense:1').fault?.position, 12)
})

test('what happens now is matched as the server would', () => {
  assert.equal(readQuery('source:198.51.100.0/24').wants(called({ source: { address: '198.51.100.7' } })), true)
  assert.equal(readQuery('source:2001:db8::/32').wants(called({ source: { address: '2001:db8::1' } })), true)
  assert.equal(readQuery('source:198.51.100.0/24').wants(called({ source: { address: '203.0.113.7' } })), false)
})

function called(data: Readonly<Record<string, unknown>>): LoggedEvent {
  return { position: 1, event: { id: 'x', type: 'call.started', at: 0, severity: 'info', data } }
}
