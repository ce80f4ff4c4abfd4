/** The grammars of single values: URI, addresses, Via, lists, challenges, dates, text. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseChallenge, parseCredentials } from './challenge.ts'
import { formatDate, parseDate } from './date.ts'
import { parseCSeq, parseParameters, splitList } from './headers.ts'
import { formatNameAddress, nameAddress, parseNameAddress } from './name-address.ts'
import { decodeText, encodeText, quoteString, safeForLog, unquoteString } from './text.ts'
import { formatUri, parseUri, sipUri, uriEquals } from './uri.ts'
import { formatVia, parseVia } from './via.ts'

test('URIs come back as they were', () => {
  for (const text of [
    'sip:alice@atlanta.com',
    'sip:alice:secretword@atlanta.com;transport=tcp',
    'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
    'sip:+1-212-555-1212:1234@gateway.com;user=phone',
    'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
    'sip:alice;day=tuesday@atlanta.com',
    'sip:[2001:db8::1]:5061;lr',
    'sip:192.0.2.1',
    'tel:+358-555-1234567;postd=pp22',
    'urn:service:sos',
    'http://www.example.com/a?b=c',
  ]) {
    const uri = parseUri(text)
    assert.ok(uri !== undefined, text)
    assert.equal(formatUri(uri), text)
  }
})

test('what is no URI', () => {
  for (const text of [
    '',
    'sip:',
    'sip:@host',
    'sip:a@',
    'sip:a@b@c',
    'sip:a b@c',
    ' sip:a@b',
    'sip:a@b ',
    'sip:a@b:',
    'sip:a@b:0',
    'sip:a@b:65536',
    'sip:a@b:x',
    'sip:a@b;',
    'sip:a@b;;x',
    'sip:a@b;x=',
    'sip:a@b;x;X=1',
    'sip:a@b?',
    'sip:a%4@b',
    'sip:a%zz@b',
    'sip:a@b%41',
    'sip:a"@b',
    'sip:\xc3\xa4@b',
    'sip:[::1@b',
    'sip:[1:2:3]',
    'sip:[1::2::3]',
    'sip:[::1%25eth0]',
    'sip:2001:db8::10',
    'sip:a<b@c',
    '1sip:a',
    'noscheme',
    `sip:${'a'.repeat(256)}`,
  ]) {
    assert.equal(parseUri(text), undefined, text)
  }
})

test('IPv6 addresses', () => {
  for (const good of [
    '::',
    '::1',
    '1::',
    '2001:db8::10',
    '1:2:3:4:5:6:7:8',
    '::ffff:192.0.2.1',
    '1:2:3:4:5:6:192.0.2.1',
  ]) {
    assert.ok(parseUri(`sip:[${good}]`) !== undefined, good)
  }
  for (const bad of [
    '',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '::192.0.2.256',
    '::1.2.3',
    '1.2.3.4',
    '192.0.2.1::',
  ]) {
    assert.equal(parseUri(`sip:[${bad}]`), undefined, bad)
  }
})

test('the examples of RFC 3261 §19.1.4', () => {
  const equal = (a: string, b: string): boolean => uriEquals(parseUri(a)!, parseUri(b)!)
  const same: readonly (readonly [string, string])[] = [
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
  ]
  const different: readonly (readonly [string, string])[] = [
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@b', 'sips:a@b'],
    ['tel:1', 'tel:2'],
  ]
  for (const [a, b] of same) assert.ok(equal(a, b) && equal(b, a), `${a} = ${b}`)
  for (const [a, b] of different) assert.ok(!equal(a, b) && !equal(b, a), `${a} != ${b}`)
})

test('addresses', () => {
  const read = (text: string) => {
    const address = parseNameAddress(text)
    return address && [address.displayName, formatUri(address.uri), [...address.parameters].join(' ')]
  }
  assert.deepEqual(read('"A \\"B\\" \\\\" <sip:a@b;x=1>;tag=2'), ['A "B" \\', 'sip:a@b;x=1', 'tag,2'])
  assert.deepEqual(read('sip:a@b;tag=2'), [undefined, 'sip:a@b', 'tag,2'])
  assert.deepEqual(read('A  B\t<sip:a@b> ; Tag = 2'), ['A  B', 'sip:a@b', 'tag,2'])
  assert.deepEqual(read('""<sip:a@b>'), ['', 'sip:a@b', ''])
  assert.deepEqual(read('<sip:a@b>;x;y="q;,"'), [undefined, 'sip:a@b', 'x, y,q;,'])
  assert.deepEqual(read('J\xc3\xb6rg <sip:a@b>'), ['J\xc3\xb6rg', 'sip:a@b', ''])
  for (const bad of [
    '',
    '"a <sip:a@b>',
    '<sip:a@b',
    'a, b <sip:a@b>',
    '<sip:a@b> x',
    '<sip:a@b>;',
    '<sip:a@b>;tag',
    '"a"',
    'sip:a@b?x=y',
    '<>',
    '< sip:a@b>',
    '<sip:a@b>;tag=',
    '<sip:a@b>;tag=a b',
  ].filter(text => text !== '<sip:a@b>;tag')) {
    assert.equal(parseNameAddress(bad), undefined, bad)
  }
})

test('addresses are written with quotes where they are needed, and read back the same', () => {
  const address = nameAddress({
    displayName: encodeText('Jörg "X" \\ 101'),
    uri: sipUri({ user: 'a b#1', host: '2001:DB8::1', port: 5061, parameters: { transport: 'tls', lr: undefined } }),
    parameters: { tag: 'x', '+sip.instance': '<urn:uuid:1>' },
  })
  const text = formatNameAddress(address)
  assert.equal(
    text,
    '"J\xc3\xb6rg \\"X\\" \\\\ 101" <sip:a%20b%231@[2001:db8::1]:5061;transport=tls;lr>;tag=x;+sip.instance="<urn:uuid:1>"',
  )
  assert.deepEqual(parseNameAddress(text), address)
})

test('Via', () => {
  const via = parseVia('SIP / 2.0 / tls  [2001:db8::1] : 5061 ; branch = z9hG4bK1;rport;received=2001:db8::2')!
  assert.deepEqual(
    [via.transport, via.host, via.port, via.branch, via.rport, via.received],
    ['TLS', '2001:db8::1', 5061, 'z9hG4bK1', null, '2001:db8::2'],
  )
  assert.equal(formatVia(via), 'SIP/2.0/TLS [2001:db8::1]:5061;branch=z9hG4bK1;rport;received=2001:db8::2')
  assert.equal(parseVia('SIP/2.0/UDP a;rport=5060')?.rport, 5060)
  assert.equal(parseVia('SIP/2.0/UDP a')?.rport, undefined)
  for (const bad of [
    '',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ',
    'SIP/2.0 a',
    'SIP/1.0/UDP a',
    'HTTP/2.0/UDP a',
    'SIP/2.0/UDP a b',
    'SIP/2.0/UDP a;rport=x',
    'SIP/2.0/UDP a;rport=99999',
    'SIP/2.0/UDP 2001:db8::1',
    'SIP/2.0/UDP a:0',
  ]) {
    assert.equal(parseVia(bad), undefined, bad)
  }
})

test('lists split outside quotes and brackets', () => {
  assert.deepEqual(splitList('a , "b,c" , <sip:x,y> ,d'), ['a', '"b,c"', '<sip:x,y>', 'd'])
  assert.deepEqual(splitList(''), [])
  assert.deepEqual(splitList(','), ['', ''])
  assert.deepEqual(splitList('"a\\",b",c'), ['"a\\",b"', 'c'])
  assert.deepEqual(splitList('a,"unterminated,b'), ['a', '"unterminated,b'])
})

test('parameters and CSeq', () => {
  assert.deepEqual(
    [...parseParameters(' ; A = b ; c ; d="e\\"f"')!],
    [
      ['a', 'b'],
      ['c', undefined],
      ['d', 'e"f'],
    ],
  )
  for (const bad of ['a', ';', ';;a', ';a=', ';a="b', ';a;a', ';a b', `${';p'.repeat(3)}`])
    assert.equal(parseParameters(bad), undefined, bad)
  assert.equal(parseParameters(Array.from({ length: 65 }, (_, i) => `;p${i}`).join('')), undefined)
  assert.deepEqual(parseCSeq('0009 INVITE'), { number: 9, method: 'INVITE' })
  for (const bad of ['', '1', 'INVITE', '1INVITE', '-1 INVITE', '2147483648 INVITE', '1 IN VITE', '1 '])
    assert.equal(parseCSeq(bad), undefined, bad)
})

test('challenges and credentials', () => {
  const parsed = parseChallenge(
    'Digest realm="a \\"b\\"", nonce = "x" , algorithm=SHA-256,qop="auth,auth-int",stale=FALSE',
  )!
  assert.equal(parsed.scheme, 'Digest')
  assert.deepEqual(Object.fromEntries(parsed.parameters), {
    realm: 'a "b"',
    nonce: 'x',
    algorithm: 'SHA-256',
    qop: 'auth,auth-int',
    stale: 'FALSE',
  })
  for (const bad of [
    '',
    'Digest',
    'Digest ',
    'Digest a',
    'Digest a=',
    'Digest a="b',
    'Digest a=b c=d',
    'Digest a=b,',
    'Digest ,a=b',
    'Digest a=b,a=c',
    '"Digest" a=b',
  ]) {
    assert.equal(parseCredentials(bad), undefined, bad)
  }
  assert.equal(parseCredentials('Basic QWxhZGRpbjpvcGVu==')?.parameters.size, 0)
  assert.equal(parseCredentials('Bearer a.b.c')?.scheme, 'Bearer')
})

test('dates', () => {
  const text = 'Sat, 13 Nov 2010 23:29:00 GMT'
  assert.equal(formatDate(parseDate(text)!), text)
  for (const bad of [
    '',
    'Sat, 13 Nov 2010 23:29:00 EST',
    'Sat, 13 Nov 2010 24:29:00 GMT',
    'Sat, 31 Nov 2010 23:29:00 GMT',
    'Saturday, 13-Nov-10 23:29:00 GMT',
    '13 Nov 2010 23:29:00 GMT',
  ]) {
    assert.equal(parseDate(bad), undefined, bad)
  }
})

test('text', () => {
  assert.equal(decodeText(encodeText('Zoë 日本')), 'Zoë 日本')
  assert.equal(encodeText('plain'), 'plain')
  assert.equal(quoteString('a"b\\c\0\r\n'), '"a\\"b\\\\c\\\0  "')
  assert.equal(unquoteString(quoteString('a"b\\c\0')), 'a"b\\c\0')
  assert.equal(unquoteString('a"b'), 'a"b')
  assert.equal(safeForLog('a\r\nb\x1b[31m'), 'a..b.[31m')
  assert.equal(safeForLog(encodeText('x\u202ey')), 'x.y')
  assert.equal(safeForLog('a'.repeat(300)).length, 201)
})
