/** RFC 4475 message by message, at the parser and validator. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '../../src/sip/message/parse.ts'
import { serialise } from '../../src/sip/message/serialise.ts'
import type { NameAddress, SipMessage, SipRequest, SipUri } from '../../src/sip/message/types.ts'
import { uriEquals } from '../../src/sip/message/uri.ts'
import { handle } from './message-outcome.ts'
import { RFC4475 } from './vectors/rfc4475.ts'

test('all 49 messages are listed', () => assert.equal(RFC4475.length, 49))

for (const vector of RFC4475) {
  test(`§${vector.section} ${vector.name}: ${vector.title}: ${vector.demand}`, () => {
    const { outcome, message } = handle(vector.bytes)
    assert.deepEqual(outcome, vector.outcome)
    if (outcome.kind === 'refuse' && vector.answers !== 'any')
      assert.ok(vector.answers.includes(outcome.status as never))
    if (outcome.kind !== 'accept') return
    const again = handle(serialise(message!))
    assert.deepEqual(again.outcome, { kind: 'accept' })
    assert.deepEqual(again.message!.headers.filter(notLength), message!.headers.filter(notLength))
    assert.deepEqual(Buffer.from(again.message!.body), Buffer.from(message!.body))
  })
}

function notLength({ name }: { readonly name: string }): boolean {
  return name !== 'Content-Length'
}

function message(name: string): SipMessage {
  const parsed = parseMessage(RFC4475.find(vector => vector.name === name)!.bytes)
  assert.ok(parsed.ok)
  return parsed.value
}
const request = (name: string): SipRequest => message(name) as SipRequest
const contact = (name: string): NameAddress => (message(name).contacts as readonly NameAddress[])[0]!
const sip = (address: NameAddress): SipUri => address.uri as SipUri

test('§3.1.1.1 wsinv reads as the RFC explains it', () => {
  const invite = request('wsinv')
  assert.equal((invite.requestUri as SipUri).parameters.has('unknownparam'), true)
  assert.equal(invite.toTag, '1918181833n')
  assert.equal(invite.fromTag, '98asjd8')
  assert.equal(invite.from.displayName, 'J Rosenberg \\"')
  assert.equal(invite.maxForwards, 68)
  assert.deepEqual(invite.cseq, { number: 9, method: 'INVITE' })
  assert.deepEqual(
    invite.vias.map(via => `${via.transport} ${via.host} ${via.branch}`),
    ['UDP 192.0.2.2 390skdjuw', 'TCP spindle.example.com z9hG4bK9ikj8', 'UDP 192.168.255.111 z9hG4bK30239'],
  )
  assert.equal(contact('wsinv').displayName, 'Quoted string ""')
  assert.equal(contact('wsinv').parameters.get('newparam'), 'newvalue')
  assert.equal(contact('wsinv').parameters.get('secondparam'), undefined)
  assert.equal(invite.header('Subject'), '')
  assert.equal(invite.header('UnknownHeaderWithUnusualValue'), ';;,,;;,;')
  assert.equal(invite.routes.length, 1)
})

test('§3.1.1.2 intmeth keeps every octet', () => {
  const odd = request('intmeth')
  assert.equal(odd.method, "!interesting-Method0123456789_*+`.%indeed'~")
  const uri = odd.requestUri as SipUri
  assert.equal(uri.user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
  assert.equal(uri.password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)")
  assert.equal(odd.to.displayName, 'BEL:\x07 NUL:\0 DEL:\x7f')
})

test('§3.1.1.3 esc01: escapes are equal to what they stand for', () => {
  assert.equal((request('esc01').requestUri as SipUri).user, 'sips:user@example.com')
  assert.equal(sip(request('esc01').to).user, 'user')
  assert.equal(sip(contact('esc01')).user, 'caller')
  assert.equal(sip(contact('esc01')).parameters.get('name'), 'value%41')
  assert.equal(sip(contact('esc01')).parameters.has('lr'), true)
})

test('§3.1.1.4 escnull: one NUL and two are different users', () => {
  const [one, two] = message('escnull').contacts as readonly NameAddress[]
  assert.equal(sip(one!).user, '\0')
  assert.equal(uriEquals(one!.uri, two!.uri), false)
})

test('§3.1.1.5 esc02: an escaped method is not REGISTER, an escaped header name not Contact', () => {
  assert.equal(request('esc02').method, 'RE%47IST%45R')
  assert.equal(request('esc02').contacts.length, 2)
  assert.equal(request('esc02').to.displayName, '%Z%45')
})

test('§3.1.1.8 dblreq: the second request is not part of the first', () => {
  assert.equal(request('dblreq').body.length, 0)
  assert.equal(request('dblreq').headers.length, 8)
})

test('§3.1.1.9 semiuri: the user part keeps its semicolon', () => {
  assert.equal((request('semiuri').requestUri as SipUri).user, 'user;par=u@example.net')
  assert.equal(request('semiuri').headerValues('Accept').length, 6)
})

test('§3.1.1.12 and §3.1.1.13: reason phrases', () => {
  const unusual = message('unreason')
  const empty = message('noreason')
  assert.ok(unusual.kind === 'response' && empty.kind === 'response')
  assert.ok(unusual.reason.startsWith('= 2**3 * 5**2 '))
  assert.equal(empty.reason, '')
})

test('§3.3.12 and §3.3.13: where an unknown parameter belongs', () => {
  assert.equal(contact('cparam01').parameters.has('unknownparam'), true)
  assert.equal(sip(contact('cparam01')).parameters.size, 0)
  assert.equal(contact('cparam02').parameters.size, 0)
  assert.equal(sip(contact('cparam02')).parameters.has('unknownparam'), true)
})
