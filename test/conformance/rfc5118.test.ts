/** RFC 5118 message by message, at the parser and validator. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SipRequest, SipUri } from '../../src/sip/message/types.ts'
import { handle } from './message-outcome.ts'
import { RFC5118 } from './vectors/rfc5118.ts'

test('all twelve messages are listed', () => assert.equal(RFC5118.length, 12))

for (const vector of RFC5118) {
  test(`§${vector.section} ${vector.name}: ${vector.title}: ${vector.demand}`, () => {
    assert.deepEqual(handle(vector.bytes).outcome, vector.outcome)
  })
}

const request = (name: string): SipRequest =>
  handle(RFC5118.find(vector => vector.name === name)!.bytes).message as SipRequest
const hostPort = (name: string): readonly [string, number | undefined] => {
  const { host, port } = request(name).requestUri as SipUri
  return [host, port]
}

test('§4.3 and §4.4: the brackets decide what is the port', () => {
  assert.deepEqual(hostPort('port-ambiguous'), ['2001:db8::10:5070', undefined])
  assert.deepEqual(hostPort('port-unambiguous'), ['2001:db8::10', 5070])
})

test('§4.5: received with and without brackets', () => {
  assert.equal(request('via-received-param-with-delim').topmostVia.received, '[2001:db8::9:255]')
  assert.equal(request('via-received-param-no-delim').topmostVia.received, '2001:db8::9:255')
  assert.equal(request('via-received-param-no-delim').topmostVia.branch, 'z9hG4bKas3')
})

test('§4.7: each Via keeps its own family', () => {
  assert.deepEqual(
    request('mult-ip-in-header').vias.map(via => [via.host, via.port, via.received]),
    [
      ['2001:db8::9:1', 6050, undefined],
      ['192.0.2.1', undefined, undefined],
      ['2001:db8::9:255', undefined, '192.0.2.200'],
    ],
  )
})

test('§4.10: three colons before an embedded IPv4 address name the same host as two', () => {
  assert.deepEqual(hostPort('ipv6-bug-abnf-3-colons'), hostPort('ipv6-correct-abnf-2-colons'))
})
