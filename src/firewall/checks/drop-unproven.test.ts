/** Registrations that no phone sends, session descriptions, amplification, names in credentials; and calls for help, which go on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  gateOf,
  NAME,
  NOBODY,
  register,
  REMEMBERED,
  STRANGER,
  TRUNK,
  tried,
} from '../../../test/support/firewall-messages.ts'
import { ManualClock } from '../../base/clock.ts'
import { parseMessage } from '../../sip/message/parse.ts'
import type { Flow } from '../../sip/transport/types.ts'
import { AskedNames } from './asked-names.ts'

const CONTACT = '<sip:a@10.1.2.3:5061;transport=tls>'

test('dropImplausible: what can be read and no phone sends', () => {
  const contacts = Array.from({ length: 11 }, (_, i) => `<sip:a@10.1.2.${i}>`).join(', ')
  for (const message of [
    register({ From: NAME('k7f3q9x2m1') }),
    register({ To: `${NAME('k7f3q9x2m1')};tag=1` }),
    register({ Via: 'SIP/2.0/TLS 10.1.2.3:40123;branch=1870346214' }),
    register({ Via: 'SIP/2.0/TLS 10.1.2.3:40123' }),
    register({ 'Max-Forwards': null }),
    register({ Contact: contacts }),
  ]) {
    assert.deepEqual([tried(message).verdict, tried(message).rule], ['drop', 'dropImplausible'], tried(message).reason)
    assert.equal(tried(message, TRUNK).verdict, 'pass')
    assert.equal(tried(message, REMEMBERED).verdict, 'pass')
  }
  assert.equal(tried(register({ Contact: `${CONTACT};q=0.5, <sip:a@10.1.2.3:5060>;q=0.3` })).verdict, 'pass')
})

test('dropHijack: a registration for somebody else; the same name is honest in any network and with any label', () => {
  for (const From of [
    `${NAME('other')};tag=1`,
    `${NAME('k7f3q9x2m1', 'elsewhere.example')};tag=1`,
    '<tel:+15551234>;tag=1',
  ]) {
    assert.equal(tried(register({ From })).rule, 'dropHijack')
    assert.equal(tried(register({ From }), TRUNK).verdict, 'pass')
  }
  assert.equal(tried(register({ From: `"Other label" ${NAME('k7f3q9x2m1')};tag=1` }), '192.0.2.200').verdict, 'pass')
  assert.equal(
    tried(register({ From: `${NAME('k7f3q9x2m1', 'PBX.example.com')};tag=1` })).verdict,
    'pass',
    'hosts have no case',
  )
})

const SDP = ['v=0', 'o=- 1 1 IN IP4 10.1.2.3', 's=-', 'c=IN IP4 10.1.2.3', 't=0 0', 'm=audio 4000 RTP/SAVP 0', ''].join(
  '\r\n',
)

function invite(target: string, body: string, agent = 'Yealink SIP-T54W 96.86.0.70', tag = ''): Buffer {
  const head = register({
    line: `INVITE ${target} SIP/2.0`,
    CSeq: '1 INVITE',
    To: `<${target}>${tag}`,
    'User-Agent': agent,
    Expires: null,
    'Content-Type': 'application/sdp',
    'Content-Length': String(body.length),
  })
  return Buffer.concat([head, Buffer.from(body, 'latin1')])
}

test('dropMalformedSdp: who was here is told, a stranger is not, who proved something is for the call to judge', () => {
  const call = 'sip:2000000@pbx.example.com'
  const broken = SDP.replace('m=audio 4000', 'm=audio nowhere')
  const { verdict, rule, status } = tried(invite(call, broken), REMEMBERED)
  assert.deepEqual([verdict, rule, status], ['reject', 'dropMalformedSdp', 488])
  assert.equal(tried(invite(call, SDP), REMEMBERED).verdict, 'pass')
  assert.equal(tried(invite(call, broken), TRUNK).verdict, 'pass')
  assert.equal(tried(invite(call, broken)).verdict, 'drop')
  const asStranger = register({ 'Content-Type': 'application/sdp', 'Content-Length': '3' })
  assert.equal(tried(Buffer.concat([asStranger, Buffer.from('v=1')])).rule, 'dropMalformedSdp')
})

test('dropAmplification: a short datagram is not answered by a long one; a phone says more than that, a connection may be short', () => {
  const short = Buffer.from(
    'REGISTER sip:pbx.example.com SIP/2.0\r\nv:SIP/2.0/UDP h;branch=z9hG4bK1\r\nf:<sip:a@pbx.example.com>;tag=1\r\n' +
      't:<sip:a@pbx.example.com>\r\ni:1\r\nCSeq:1 REGISTER\r\nMax-Forwards:70\r\n\r\n',
  )
  assert.equal(tried(short, STRANGER, 'UDP').rule, 'dropAmplification')
  assert.equal(tried(short, STRANGER, 'TCP').verdict, 'pass')
  assert.equal(tried(short, TRUNK, 'UDP').verdict, 'pass')
  assert.equal(tried(register(), STRANGER, 'UDP').verdict, 'pass')
  const plain = register({
    'User-Agent': null,
    Contact: '<sip:a@10.1.2.3:5060>',
    From: `${NAME('a')};tag=1`,
    To: NAME('a'),
  })
  assert.equal(tried(plain, STRANGER, 'UDP').verdict, 'pass')
})

test('a call for help of a phone that was registered lately is heard, whatever it says; of a stranger, and of other calls, not', () => {
  const odd = 'friendly-scanner $(x)'
  for (const target of [
    'sip:112@pbx.example.com',
    'sip:911@pbx.example.com',
    'sip:0112@pbx.example.com',
    'tel:112;phone-context=pbx.example.com',
    'urn:service:sos',
    'urn:service:sos.fire',
  ]) {
    assert.equal(tried(invite(target, 'broken', odd), REMEMBERED).verdict, 'pass', target)
    assert.equal(tried(invite(target, 'broken', odd)).rule, 'dropScanner', target)
  }
  const ordinary = 'sip:+15550100200@pbx.example.com'
  for (const target of [ordinary, 'urn:service:sosso', 'sip:a1@pbx.example.com']) {
    assert.equal(tried(invite(target, SDP, odd), REMEMBERED).rule, 'dropScanner', target)
  }
  assert.equal(tried(invite(ordinary, SDP, odd, ';tag=1'), REMEMBERED).verdict, 'pass', 'within a dialog')
})

test('dropInjection: the name in the credentials is looked at, too', () => {
  const credentials = (username: string): string =>
    `Digest username="${username}", realm="pbx.example.com", nonce="abc", uri="sip:pbx.example.com", response="00"`
  assert.equal(tried(register({ Authorization: credentials("x' or '1'='1") })).rule, 'dropInjection')
  assert.equal(tried(register({ Authorization: credentials('k7f3q9x2m1') })).verdict, 'pass')
})

test('dropEnumeration: names in credentials count, too, and apart: phones with two names are no enumeration', () => {
  const clock = new ManualClock()
  const gate = gateOf(NOBODY, clock)
  const ask = (to: string, username: string): string | undefined => {
    clock.advance(1_000)
    const Authorization = `Digest username="${username}", realm="r", nonce="n", uri="sip:r", response="00"`
    const parsed = parseMessage(register({ To: NAME(to), From: `${NAME(to)};tag=1`, Authorization }))
    assert.ok(parsed.ok)
    const verdict = gate.admit(parsed.value, flowFrom(STRANGER))
    return verdict.kind === 'pass' ? undefined : verdict.rule
  }
  for (let i = 0; i < 60; i++) assert.equal(ask(`2${i}`, `name${i}`), undefined)
  assert.equal(ask('20', 'name60'), 'dropEnumeration')
  assert.equal(ask('260', 'name1'), 'dropEnumeration')
  assert.equal(ask('20', 'name1'), undefined)
})

test('what is asked for is remembered by its hash: long names are told apart, and cost no more', () => {
  const asked = new AskedNames(2, 3, 7)
  const long = 'a'.repeat(10_000)
  assert.deepEqual(
    [`${long}1`, `${long}2`, `${long}3`, `${long}4`, `${long}2`].map(name => asked.mayAsk('x', name, 0)),
    [true, true, true, false, true],
  )
  for (const source of ['y', 'z']) asked.mayAsk(source, 'n', 0)
  assert.equal(asked.mayAsk('x', `${long}4`, 1), true, 'the longest unused made room')
})

function flowFrom(address: string): Flow {
  return {
    id: address,
    protocol: 'TLS',
    localAddress: '192.0.2.1',
    localPort: 5061,
    remoteAddress: address,
    remotePort: 40_123,
    secure: true,
    reliable: true,
    tls: undefined,
    listener: { protocol: 'TLS', address: '192.0.2.1', port: 5061, insecure: false },
    open: true,
  }
}
