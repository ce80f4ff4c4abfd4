/** Building and changing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildRequest, buildResponse, defaultReason } from './build.ts'
import {
  prependHeader,
  withBody,
  withHeader,
  withoutHeader,
  withoutTopmostVia,
  withRequestUri,
  withTopmostVia,
} from './change.ts'
import { parseMessage } from './parse.ts'
import { serialise } from './serialise.ts'
import type { SipMessage, SipRequest } from './types.ts'
import { parseUri } from './uri.ts'
import { validateRequest } from './validate.ts'

function invite(): SipRequest {
  return buildRequest({
    method: 'INVITE',
    uri: 'sip:bob@example.com',
    headers: [
      ['v', 'SIP/2.0/TLS a;branch=z9hG4bK1, SIP/2.0/TLS b;branch=z9hG4bK2'],
      ['Via', 'SIP/2.0/UDP c'],
      ['Record-Route', '<sip:p1;lr>'],
      ['From', '<sip:ann@example.com>;tag=1'],
      ['To', '<sip:bob@example.com>'],
      ['Call-ID', 'c'],
      ['CSeq', '7 INVITE'],
      ['Contact', '<sip:ann@a>'],
      ['Timestamp', '54'],
    ],
    body: 'ä',
    contentType: 'text/plain',
  })
}

const lines = (message: SipMessage): readonly string[] => serialise(message).toString('utf8').split('\r\n')

test('a request is built in the order given, its body in UTF-8', () => {
  const request = invite()
  assert.equal(validateRequest(request), undefined)
  assert.deepEqual(lines(request).slice(-4), ['Content-Type: text/plain', 'Content-Length: 2', '', 'ä'])
  const again = parseMessage(serialise(request))
  assert.ok(again.ok)
  assert.deepEqual(again.value.headers.slice(0, -1), request.headers)
})

test('nothing that is put into a header begins another line', () => {
  const request = withHeader(invite(), 'Subject', 'a\r\nEvil: 1\nEvil: 2')
  assert.equal(request.header('Subject'), 'a Evil: 1 Evil: 2')
  const cut = withHeader(invite(), 'Subject', 'a\u010aEvil: 1\u010d')
  assert.equal(
    lines(cut).some(line => line.startsWith('Evil')),
    false,
  )
  assert.equal(
    lines(cut).find(line => line.startsWith('Subject')),
    'Subject: a\u010aEvil: 1\u010d',
  )
  const reason = buildResponse(invite(), 400, 'Bad\r\nEvil: \u010aEvil: 1')
  assert.equal(
    lines(reason).some(line => line.startsWith('Evil')),
    false,
  )
})

test('a response copies what §8.2.6.2 says', () => {
  const ok = buildResponse(invite(), 200, undefined, {
    toTag: 't',
    headers: [['m', '<sip:us@here>']],
    body: 'x',
    contentType: 'a/b',
  })
  assert.deepEqual(lines(ok), [
    'SIP/2.0 200 OK',
    'Via: SIP/2.0/TLS a;branch=z9hG4bK1, SIP/2.0/TLS b;branch=z9hG4bK2',
    'Via: SIP/2.0/UDP c',
    'Record-Route: <sip:p1;lr>',
    'From: <sip:ann@example.com>;tag=1',
    'To: <sip:bob@example.com>;tag=t',
    'Call-ID: c',
    'CSeq: 7 INVITE',
    'Contact: <sip:us@here>',
    'Content-Type: a/b',
    'Content-Length: 1',
    '',
    'x',
  ])
  assert.equal(ok.toTag, 't')
})

test('100 has no tag and the Timestamp; failures no Record-Route; a tag that is there stays', () => {
  const trying = buildResponse(invite(), 100, undefined, { toTag: 't' })
  assert.equal(trying.toTag, undefined)
  assert.equal(trying.header('Timestamp'), '54')
  assert.equal(trying.header('Record-Route'), undefined)
  assert.equal(buildResponse(invite(), 404, undefined, { toTag: 't' }).header('Record-Route'), undefined)
  const inDialog = withHeader(invite(), 'To', '<sip:bob@example.com>;tag=old')
  assert.equal(buildResponse(inDialog, 200, undefined, { toTag: 't' }).toTag, 'old')
  const broken = withHeader(invite(), 'To', '"x <sip:bob@example.com>; tag = old')
  assert.equal(
    buildResponse(broken, 400, undefined, { toTag: 't' }).header('To'),
    '"x <sip:bob@example.com>; tag = old',
  )
})

test('reasons', () => {
  assert.equal(defaultReason(439), 'First Hop Lacks Outbound Support')
  assert.equal(defaultReason(499), 'Request Failure')
  assert.equal(defaultReason(999), 'Unknown')
})

test('a change returns a new message and leaves the old one', () => {
  const before = invite()
  const text = serialise(before).toString()
  assert.equal(withHeader(before, 't', '<sip:x@y>;tag=9').toTag, '9')
  assert.equal(withHeader(before, 'X-New', '1').header('x-new'), '1')
  assert.equal(withHeader(before, 'Via', 'SIP/2.0/TLS z').vias.length, 1)
  assert.equal(withoutHeader(before, 'm').header('Contact'), undefined)
  assert.equal(withoutHeader(before, 'Nothing'), before)
  assert.equal(prependHeader(before, 'Via', 'SIP/2.0/TLS z;branch=z9hG4bK0').topmostVia.host, 'z')
  assert.equal(withRequestUri(before, 'sips:carol@example.net').requestUri.kind, 'sip')
  assert.equal(withRequestUri(before, parseUri('tel:+1')!).requestUriText, 'tel:+1')
  assert.throws(() => withRequestUri(before, 'not a uri'))
  const bodiless = withBody(before, '', 'text/plain')
  assert.deepEqual([bodiless.body.length, bodiless.contentType], [0, undefined])
  assert.deepEqual([withBody(before, 'abc', 'x/y').body.length, withBody(before, 'abc', 'x/y').contentType], [3, 'x/y'])
  assert.equal(serialise(before).toString(), text)
})

test('parsed values survive a change of another header, and follow a change of their own', () => {
  const before = invite()
  const { from, contacts } = before
  const after = withTopmostVia(before, 'SIP/2.0/TLS a;branch=z9hG4bK1;received=192.0.2.9')
  assert.equal(after.from, from)
  assert.equal(after.contacts, contacts)
  assert.equal(after.topmostVia.received, '192.0.2.9')
  assert.notEqual(withHeader(before, 'From', '<sip:x@y>;tag=2').from, from)
})

test('the topmost Via alone is replaced or removed, also in a list', () => {
  const hosts = (message: SipMessage): string => message.vias.map(via => via.host).join('')
  assert.equal(hosts(withTopmostVia(invite(), 'SIP/2.0/TLS z')), 'zbc')
  const once = withoutTopmostVia(invite())
  assert.equal(hosts(once), 'bc')
  assert.equal(hosts(withoutTopmostVia(once)), 'c')
  assert.throws(() => withoutTopmostVia(withoutTopmostVia(once)).vias)
})

test('typed values of a message that was not validated throw SipParseError', () => {
  const request = buildRequest({ method: 'INVITE', uri: ':', headers: [] })
  for (const read of [
    () => request.from,
    () => request.cseq,
    () => request.topmostVia,
    () => request.requestUri,
    () => request.callId,
  ]) {
    assert.throws(read, { name: 'SipParseError' })
  }
  assert.equal(validateRequest(request)?.status, 400)
})
