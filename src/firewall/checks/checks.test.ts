/** What each check stops, and what looks like it and is honest. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { RFC4475 } from '../../../test/conformance/vectors/rfc4475.ts'
import { gateOf, NAME, NOBODY, register, STRANGER, tried } from '../../../test/support/firewall-messages.ts'
import { ManualClock } from '../../base/clock.ts'
import { parseMessage } from '../../sip/message/parse.ts'
import { BUILT_IN_SIGNATURES, createSignatures, readSignatures } from '../signatures/signatures.ts'
import { tryMessage } from '../try-message.ts'
import { injectionIn } from './drop-injection.ts'
import { MESSAGE_CHECKS } from './index.ts'

const CAUGHT: readonly (readonly [rule: string, what: string, message: Buffer])[] = [
  ['dropScanner', 'the agent of SIPVicious', register({ 'User-Agent': 'friendly-scanner' })],
  [
    'dropScanner',
    'SIPVicious with another agent',
    register({ 'User-Agent': 'Cisco', From: '"x"<sip:100@1.1.1.1>;tag=1' }),
  ],
  ['dropScanner', 'in any case', register({ 'User-Agent': 'FRIENDLY-Scanner/0.3' })],
  ['dropScanner', 'nmap', register({ From: '<sip:nm@nm>;tag=root', To: '<sip:nm2@nm2>' })],
  ['dropScanner', 'the scripts of nmap', register({ From: '"Nmap NSE" <sip:user@127.0.0.1>;tag=vN3' })],
  ['dropScanner', 'sipsak with another agent', register({ From: '<sip:sipsak@192.0.2.7:5060>;tag=1' })],
  ['dropScanner', 'SIPPTS', register({ 'User-Agent': 'pplsip' })],
  ['dropScanner', 'sipcli', register({ 'User-Agent': 'sipcli/v1.8' })],
  ['dropScanner', 'VaxVoIP', register({ 'User-Agent': 'VaxSIPUserAgent/3.1' })],
  ['dropInjection', 'SQL in a user', register({ To: `<sip:1%27%20or%20%271%27=%271@pbx.example.com>` })],
  ['dropInjection', 'SQL in a name', register({ From: `"x' UNION SELECT 1" ${NAME('a')};tag=1` })],
  ['dropInjection', 'a shell in the agent', register({ 'User-Agent': 'phone $(curl x)' })],
  ['dropInjection', 'a script in a name', register({ From: `"<script>alert(1)</script>" ${NAME('a')};tag=1` })],
  ['dropInjection', 'a look-up', register({ 'User-Agent': `\${jndi:ldap://x/a}` })],
  ['dropInjection', 'a path', register({ To: '<sip:..%2f..%2fetc%2fpasswd@pbx.example.com>' })],
  ['dropSmuggling', 'two agents', register({}, ['User-Agent: Other/1'])],
  ['dropSmuggling', 'a line in an escape', register({ Contact: '<sip:a%0d%0aRoute:x@10.1.2.3>' })],
  ['dropSmuggling', 'a line separator in UTF-8', register({ 'X-Note': 'a\u00e2\u0080\u00a8b' })],
  [
    'dropUnknownSource',
    'an INVITE',
    register({
      line: 'INVITE sip:900@pbx.example.com SIP/2.0',
      CSeq: '1 INVITE',
      From: '<sip:x@elsewhere.example>;tag=1',
    }),
  ],
  [
    'dropSpoofedDomain',
    'an INVITE from a colleague',
    register({ line: 'INVITE sip:900@pbx.example.com SIP/2.0', CSeq: '1 INVITE' }),
  ],
  ['dropLoop', 'Max-Forwards 0', register({ 'Max-Forwards': '0' })],
  [
    'dropLoop',
    'eleven hops',
    register({ Via: Array.from({ length: 11 }, (_, i) => `SIP/2.0/TLS 10.1.2.${i};branch=z9hG4bK${i}`).join(', ') }),
  ],
  ['dropRouteAbuse', 'a Route to somebody else', register({ Route: '<sip:203.0.113.77;lr>' })],
  ['dropRouteAbuse', 'a Record-Route', register({ 'Record-Route': '<sip:10.9.9.9;lr>' })],
  [
    'dropForeignTarget',
    'an address',
    register({ line: 'REGISTER sip:192.0.2.1 SIP/2.0', To: NAME('100', '192.0.2.1') }),
  ],
  ['dropForeignTarget', 'another domain', register({ To: NAME('100', 'other.example') })],
  ['dropForeignContact', 'loopback', register({ Contact: '<sip:a@127.0.0.1:5060>' })],
  ['dropForeignContact', 'loopback of IPv6', register({ Contact: '<sip:a@[::1]:5061>' })],
  ['dropForeignContact', 'loopback in the form of IPv6', register({ Contact: '<sip:a@[::ffff:127.0.0.1]:5061>' })],
  ['dropForeignContact', 'multicast of IPv6', register({ Contact: '<sip:a@[FF02:0:0::1]>' })],
  ['dropForeignContact', 'nobody', register({ Contact: '<sip:a@0.0.0.0>' })],
  ['dropForeignContact', 'everybody', register({ Contact: '<sip:a@255.255.255.255>' })],
  ['dropForeignContact', 'multicast', register({ Contact: '<sip:a@224.0.1.75>' })],
  ['dropForeignContact', 'a service of a cloud', register({ Contact: '<sip:a@169.254.169.254>' })],
  ['dropForeignContact', 'another scheme', register({ Contact: '<http://169.254.169.254/latest>' })],
]

for (const [rule, what, message] of CAUGHT) {
  test(`${rule}: ${what}`, () => {
    assert.deepEqual([tried(message).verdict, tried(message).rule], ['drop', rule], tried(message).reason)
  })
}

const HONEST: readonly (readonly [what: string, message: Buffer])[] = [
  ['Yealink', register()],
  ['Polycom', register({ 'User-Agent': 'PolycomVVX-VVX_450-UA/6.4.3.5059', 'Accept-Language': 'en' })],
  [
    'Grandstream',
    register({ 'User-Agent': 'Grandstream GXP2170 1.0.11.64', 'Call-ID': '1458271104-5060-1@BA.BAI.BIJ.BJ' }),
  ],
  [
    'Snom',
    register({
      'User-Agent': 'snomD785/10.1.175.15',
      Contact:
        '<sip:k7f3q9x2m1@10.1.2.3:4123;transport=tls;line=wr3a8i0r>;reg-id=1;q=1.0;+sip.instance="<urn:uuid:f9c47a5c-0000-0000-0000-000413A1B2C3>";audio;mobility="fixed"',
    }),
  ],
  [
    'linphone',
    register({
      'User-Agent': 'Linphone-Desktop/5.2.1 (Ann\u00c3\u00a4s-PC) linphone/5.2.98',
      Supported: 'replaces, outbound, gruu, path',
    }),
  ],
  [
    'baresip',
    register({
      'User-Agent': 'baresip v3.10.1 (x86_64/Linux)',
      Contact: '<sip:k7f3q9x2m1-0x55d0c2d0@10.1.2.3:40123;transport=tls>',
    }),
  ],
  [
    'SIP.js over WSS',
    register({
      Via: 'SIP/2.0/WSS abc123.invalid;branch=z9hG4bK123',
      Contact: '<sip:q2w3@abc123.invalid;transport=ws>;reg-id=1',
      'User-Agent': 'SIP.js/0.21.2',
    }),
  ],
  [
    'Asterisk, as a trunk that registers',
    register({
      From: '<sip:k7f3q9x2m1@pbx.example.com>;tag=1b7e6a5c-8f52-4f0e-9d0e-3f5d1c2b4a60',
      To: '<sip:k7f3q9x2m1@pbx.example.com>',
      Contact: '<sip:s@10.1.2.3:5061;transport=TLS;line=abcdefg>',
      'Call-ID': '1b7e6a5c-8f52-4f0e-9d0e-3f5d1c2b4a60',
      'User-Agent': 'Asterisk PBX 20.9.3',
    }),
  ],
  [
    'Kamailio, as a trunk that registers',
    register({
      Via: 'SIP/2.0/TLS 203.0.113.4:5061;branch=z9hG4bK3a1.9c5b0d57000000000000000000000000.0',
      From: '<sip:k7f3q9x2m1@pbx.example.com>;tag=0bd8a2c1a4e5d8e3b1c7f2f0d6a1c2b3-7a5d2f11',
      To: '<sip:k7f3q9x2m1@pbx.example.com>',
      Contact: '<sip:k7f3q9x2m1@203.0.113.4:5061;transport=tls>',
      'User-Agent': 'kamailio (5.6.3 (x86_64/linux))',
    }),
  ],
  ['a name with an apostrophe', register({ From: `"Pat O'Brien & Sons; Ltd." ${NAME('k7f3q9x2m1')};tag=1` })],
  ['a Route to us', register({ Route: '<sip:pbx.example.com;transport=tls;lr>' })],
  ['a phone on IPv6', register({ Contact: '<sip:a@[2001:db8::7]:5061;transport=tls>' })],
  ['an un-registration', register({ Contact: '*', Expires: '0' })],
  ['a query', register({ Contact: null, Expires: null })],
]

for (const [what, message] of HONEST) {
  test(`an honest REGISTER of ${what} passes`, () => {
    assert.deepEqual(tried(message), {
      verdict: 'pass',
      rule: null,
      reason: 'no check has anything against it',
      status: null,
    })
  })
}

test('who has proven something is not judged by what they say: a phone, a trunk', () => {
  const odd = register({
    line: 'OPTIONS sip:192.0.2.1 SIP/2.0',
    CSeq: '1 OPTIONS',
    To: NAME('100', '192.0.2.1'),
    'Max-Forwards': '0',
  })
  assert.equal(tried(odd, '192.0.2.9').verdict, 'pass', 'a trunk')
  assert.equal(tried(odd, '203.0.113.5').verdict, 'pass', 'an address that was registered lately')
  const gate = gateOf({ ...NOBODY, isRegisteredFlow: () => true })
  const scanner = register({ 'User-Agent': 'friendly-scanner' })
  assert.equal(tryMessage(scanner, { address: STRANGER, port: 1, protocol: 'TLS' }, gate).verdict, 'pass')
})

test('sixty names in ten minutes, and no more; a name that was asked before is none more', () => {
  const clock = new ManualClock()
  const gate = gateOf(NOBODY, clock)
  const listener = { protocol: 'TLS', address: '192.0.2.1', port: 5061, insecure: false } as const
  const ask = (name: string, address: string): string | undefined => {
    clock.advance(100)
    const parsed = parseMessage(register({ To: NAME(name), From: `${NAME(name)};tag=1` }))
    assert.ok(parsed.ok)
    const verdict = gate.admit(parsed.value, {
      id: address,
      protocol: 'TLS',
      localAddress: '192.0.2.1',
      localPort: 5061,
      remoteAddress: address,
      remotePort: 40_123,
      secure: true,
      reliable: true,
      tls: undefined,
      listener,
      open: true,
    })
    return verdict.kind === 'pass' ? undefined : verdict.rule
  }
  for (let i = 0; i < 60; i++) assert.equal(ask(`name${i}`, STRANGER), undefined)
  assert.equal(ask('name60', STRANGER), 'dropEnumeration')
  assert.equal(ask('name7', STRANGER), undefined)
  assert.equal(ask('name60', '198.51.100.8'), undefined, 'another source')
  clock.advance(600_000)
  assert.equal(ask('name60', STRANGER), undefined)
})

test('every check has a name, a sentence, and somebody it is asked about', () => {
  assert.equal(new Set(MESSAGE_CHECKS.map(({ id }) => id)).size, MESSAGE_CHECKS.length)
  for (const { id, description, standings } of MESSAGE_CHECKS) {
    assert.match(id, /^(drop|cap|backOff)[A-Z]\w+$/)
    assert.match(description, /^[A-Z].{40,}\.$/)
    assert.ok(standings.length > 0)
  }
  const caught = new Set(CAUGHT.map(([rule]) => rule))
  // These ask who sends, not what, and have their tests beside the gate.
  for (const id of ['dropBanned', 'capRate', 'backOffAccount', 'dropEnumeration']) caught.add(id)
  // drop-unproven.test.ts
  for (const id of ['dropImplausible', 'dropHijack', 'dropMalformedSdp', 'dropAmplification']) caught.add(id)
  assert.deepEqual(
    [...new Set(MESSAGE_CHECKS.map(({ id }) => id))].filter(id => !caught.has(id)),
    [],
  )
})

test('no message of RFC 4475, of the fuzzer, or of nobody makes it throw', () => {
  const gate = gateOf()
  const from = { address: STRANGER, port: 1, protocol: 'UDP' } as const
  const root = join(import.meta.dirname, '../../../test/fuzz')
  const files = ['corpus', 'crashers'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()),
  )
  const found = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
  const torture = RFC4475.map(({ bytes }) => bytes)
  assert.ok(torture.length === 49 && found.length > 0)
  for (const bytes of [...torture, ...found]) {
    assert.ok(['pass', 'drop', 'reject'].includes(tryMessage(bytes, from, gate).verdict))
  }
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 500 }),
    fc.string({ maxLength: 300 }).map(text => register({ 'User-Agent': text.replace(/[\r\n]/g, '') })),
  )
  fc.assert(
    fc.property(any, bytes => ['pass', 'drop', 'reject'].includes(tryMessage(Buffer.from(bytes), from, gate).verdict)),
  )
})

test('what looks like an injection is found in time that grows with the text', () => {
  const long = `${'a'.repeat(1_000_000)}' or 1=1`
  assert.equal(injectionIn(long), undefined, 'so far nobody looks')
  assert.equal(injectionIn(`x' or 1`), 'SQL')
  assert.equal(injectionIn('Front desk (2nd floor); ask for Pat'), undefined)
})

test('signatures are data: read, or refused with what is wrong', () => {
  assert.equal('problem' in readSignatures(BUILT_IN_SIGNATURES), false)
  const ids = BUILT_IN_SIGNATURES.signatures.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  const one = { id: 'x', tool: 'X', field: 'user-agent', match: 'contains', value: 'xx', source: 'here' }
  for (const [document, problem] of [
    [null, /needs "version"/],
    [{ version: '1', signatures: [{ ...one, id: 'A B' }] }, /signature 1: id/],
    [{ version: '1', signatures: [one, { ...one, field: 'body' }] }, /signature 2: x: field/],
    [{ version: '1', signatures: [{ ...one, value: ' ' }] }, /2 to 128/],
    [{ version: '1', signatures: [{ ...one, match: 'regex' }] }, /match/],
  ] as const) {
    const read = readSignatures(document)
    assert.ok('problem' in read)
    assert.match(read.problem, problem)
  }
  const own = createSignatures({
    version: '1',
    signatures: [{ ...one, field: 'user-agent', match: 'equals', value: 'Evil/1' }],
  })
  const parsed = parseMessage(register({ 'User-Agent': 'evil/1' }))
  assert.ok(parsed.ok && parsed.value.kind === 'request')
  assert.equal(own.match(parsed.value)?.tool, 'X')
})
