import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyServerIdentity } from './server-identity.ts'
import { splitAlternativeNames } from './tls-settings.ts'

const speaks = (domain: string, subjectaltname: string | undefined, CN?: string): boolean =>
  verifyServerIdentity(domain, { subjectaltname, subject: { CN } }) === undefined

test('RFC 5922 §7.1: SIP URIs first, then host names, then the common name', () => {
  assert.equal(speaks('example.com', 'URI:sip:example.com, DNS:other.example'), true)
  assert.equal(speaks('other.example', 'URI:sip:example.com, DNS:other.example'), false)
  assert.equal(speaks('example.com', 'URI:http://example.com, DNS:example.com'), true)
  assert.equal(speaks('example.com', 'URI:sip:alice@example.com'), false)
  assert.equal(speaks('example.com', undefined, 'example.com'), true)
  assert.equal(speaks('example.com', 'DNS:other.example', 'example.com'), false)
})

test('RFC 5922 §7.2: whole names, any case, no wildcard, no suffix', () => {
  assert.equal(speaks('Example.COM', 'DNS:example.com'), true)
  assert.equal(speaks('pbx.example.com', 'DNS:*.example.com'), false)
  assert.equal(speaks('pbx.example.com', 'DNS:example.com'), false)
  assert.equal(speaks('example.com', 'DNS:example.com.evil.example'), false)
})

test('an IP address counts only as one', () => {
  assert.equal(speaks('192.0.2.1', 'IP Address:192.0.2.1'), true)
  assert.equal(speaks('192.0.2.1', 'DNS:192.0.2.1'), false)
  assert.equal(speaks('2001:db8::1', 'IP Address:2001:DB8:0:0:0:0:0:1'), true)
})

test('a name cannot smuggle in another one', () => {
  assert.deepEqual(splitAlternativeNames('DNS:"evil.example, DNS:example.com", IP Address:192.0.2.1'), [
    'DNS:evil.example, DNS:example.com',
    'IP Address:192.0.2.1',
  ])
  assert.equal(speaks('example.com', 'DNS:"evil.example, DNS:example.com"'), false)
  assert.equal(speaks('example.com', 'URI:"http://x, DNS:example.com"'), false)
})

test('who is refused is told what the certificate names, of whatever kind', () => {
  const certificate = { subjectaltname: 'DNS:sip.other.example' }
  assert.match(
    verifyServerIdentity('192.0.2.1', certificate)?.message ?? '',
    /for DNS:sip\.other\.example, not for 192/,
  )
  assert.match(verifyServerIdentity('192.0.2.1', {})?.message ?? '', /for nobody, not for 192/)
})
