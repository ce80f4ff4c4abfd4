import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../base/secret.ts'
import type { Trunk } from '../directory/trunk.ts'
import { digestResponse, digestSecret } from '../sip/auth/digest.ts'
import { buildRequest, buildResponse, type HeaderPair } from '../sip/message/build.ts'
import { parseChallenge } from '../sip/message/challenge.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import { trunkNamed } from '../../test/support/trunk-world.ts'
import { createCredentials } from './credentials.ts'

const ACCOUNT: Partial<Trunk> = { host: 'provider.example', username: 'account', password: new Secret('secret') }

function request(headers: readonly HeaderPair[] = [], toTag = '', via = 'TLS', body?: string): SipRequest {
  return buildRequest({
    method: 'INVITE',
    uri: 'sip:+4930123@provider.example',
    headers: [
      ['Via', `SIP/2.0/${via} 192.0.2.1;branch=z9hG4bK1`],
      ['From', '<sip:account@provider.example>;tag=1'],
      ['To', `<sip:+4930123@provider.example>${toTag}`],
      ['Call-ID', 'c'],
      ['CSeq', '1 INVITE'],
      ...headers,
    ],
    ...(body === undefined ? {} : { body, contentType: 'application/sdp' }),
  })
}

function challenged(challenges: readonly string[], status = 407, to = request()): SipResponse {
  const name = status === 407 ? 'Proxy-Authenticate' : 'WWW-Authenticate'
  return buildResponse(to, status, undefined, { headers: challenges.map(value => [name, value] as const) })
}

const challenge = (realm: string, nonce: string, more = ''): string =>
  `Digest realm="${realm}", nonce="${nonce}", qop="auth", algorithm=SHA-256${more}`

const parametersOf = (pair: HeaderPair | undefined) => parseChallenge(pair?.[1] ?? '')!.parameters

test('counts how often a nonce was used', () => {
  const credentials = createCredentials()
  const trunk = trunkNamed('main', ACCOUNT)
  for (const count of ['00000001', '00000002', '00000003']) {
    const answer = credentials.answer(trunk, request(), challenged([challenge('provider.example', 'same')]))
    assert.equal(answer?.[0], 'Proxy-Authorization')
    assert.equal(parametersOf(answer).get('nc'), count)
  }
  const other = credentials.answer(trunk, request(), challenged([challenge('provider.example', 'other')], 401))
  assert.equal(other?.[0], 'Authorization')
  assert.equal(parametersOf(other).get('nc'), '00000001')
})

test('RFC 7616: auth-int covers the body', () => {
  const trunk = trunkNamed('main', ACCOUNT)
  const said = request([], '', 'TLS', 'v=0\r\n')
  const value = 'Digest realm="provider.example", nonce="n", qop="auth-int", algorithm=SHA-256'
  const given = parametersOf(createCredentials().answer(trunk, said, challenged([value])))
  const expected = digestResponse({
    algorithm: 'SHA-256',
    ha1: digestSecret('SHA-256', 'account', 'provider.example', 'secret'),
    nonce: 'n',
    nc: '00000001',
    cnonce: given.get('cnonce')!,
    qop: 'auth-int',
    method: 'INVITE',
    uri: 'sip:+4930123@provider.example',
    body: Buffer.from('v=0\r\n'),
  })
  assert.equal(given.get('response'), expected)
})

test('RFC 8760: the topmost challenge that we know; MD5 where it is the only one', () => {
  const trunk = trunkNamed('main', ACCOUNT)
  const md5 = 'Digest realm="provider.example", nonce="m", qop="auth", algorithm=MD5'
  const unknown = 'Digest realm="provider.example", nonce="u", qop="auth", algorithm=NEWER'
  const both = createCredentials().answer(
    trunk,
    request(),
    challenged([unknown, challenge('provider.example', 's'), md5]),
  )
  assert.equal(parametersOf(both).get('algorithm'), 'SHA-256')
  const only = createCredentials().answer(trunk, request(), challenged([unknown, md5]))
  assert.equal(parametersOf(only).get('algorithm'), 'MD5')
})

test('never in the clear, unless the trunk says so', () => {
  const asked = challenged([challenge('provider.example', 'n')])
  const answered = (settings: Partial<Trunk>, via: string): boolean =>
    createCredentials().answer(trunkNamed('main', { ...ACCOUNT, ...settings }), request([], '', via), asked) !==
    undefined
  assert.equal(answered({}, 'TLS'), true)
  assert.equal(answered({}, 'UDP'), false)
  assert.equal(answered({}, 'TCP'), false)
  assert.equal(answered({ transport: 'UDP' }, 'UDP'), false)
  assert.equal(answered({ transport: 'UDP', allowInsecureSignalling: true }, 'UDP'), true)
})

test('nothing to prove with, and nothing to prove', () => {
  const credentials = createCredentials()
  const asked = challenged([challenge('provider.example', 'n')])
  assert.equal(credentials.answer(trunkNamed('main', { username: undefined }), request(), asked), undefined)
  const trunk = trunkNamed('main', ACCOUNT)
  assert.equal(credentials.answer(trunk, request(), buildResponse(request(), 200)), undefined)
  for (const value of [
    'Basic realm="provider.example"',
    'Digest',
    'Digest realm="x"',
    `${challenge('x', 'n')}, realm="y"`,
  ]) {
    assert.equal(credentials.answer(trunk, request(), challenged([value])), undefined, value)
  }
  const long = challenge('provider.example', 'n'.repeat(600))
  assert.equal(credentials.answer(trunk, request(), challenged([long])), undefined)
})

test('a proof that was refused is not given again; one whose nonce grew old is, once for each nonce', () => {
  const credentials = createCredentials()
  const trunk = trunkNamed('main', ACCOUNT)
  const first = credentials.answer(trunk, request(), challenged([challenge('provider.example', 'n1')]))!
  const again = request([first])
  assert.equal(credentials.answer(trunk, again, challenged([challenge('provider.example', 'n1')])), undefined)
  assert.equal(credentials.answer(trunk, again, challenged([challenge('provider.example', 'n2')])), undefined)
  assert.equal(
    credentials.answer(trunk, again, challenged([challenge('provider.example', 'n1', ', stale=true')])),
    undefined,
  )
  const stale = credentials.answer(trunk, again, challenged([challenge('provider.example', 'n2', ', stale=TRUE')]))
  assert.equal(parametersOf(stale).get('nonce'), 'n2')
})

test('who sits behind the provider gets no proof to take home', () => {
  const credentials = createCredentials()
  const trunk = trunkNamed('main', ACCOUNT)
  const proof = credentials.answer(trunk, request(), challenged([challenge('realm of the provider', 'n1')], 401))!
  credentials.accepted(request([proof]))
  // A callee sends its own challenge through the provider.
  assert.equal(credentials.answer(trunk, request(), challenged([challenge('collector', 'n2')])), undefined)
  assert.ok(credentials.answer(trunk, request(), challenged([challenge('realm of the provider', 'n3')])))
  assert.ok(credentials.answer(trunk, request(), challenged([challenge('provider.example', 'n4')])))
  const within = request([], ';tag=callee')
  assert.equal(credentials.answer(trunk, within, challenged([challenge('collector', 'n5')])), undefined)
  assert.ok(credentials.answer(trunk, within, challenged([challenge('realm of the provider', 'n6')])))

  // Nothing is known of the provider's realm yet: within a dialog only what was asked before it.
  const fresh = createCredentials()
  assert.equal(fresh.answer(trunk, within, challenged([challenge('collector', 'n1')])), undefined)
  assert.ok(fresh.answer(trunk, request(), challenged([challenge('exchange', 'n2')])))
  assert.ok(fresh.answer(trunk, within, challenged([challenge('exchange', 'n3')])))
})

test('another trunk’s credentials count for themselves', () => {
  const trunk = trunkNamed('main', ACCOUNT)
  const other = trunkNamed('other', { ...ACCOUNT, username: 'second', password: new Secret('different') })
  const asked = challenged([challenge('provider.example', 'n')])
  assert.equal(parametersOf(createCredentials().answer(trunk, request(), asked)).get('username'), 'account')
  assert.equal(parametersOf(createCredentials().answer(other, request(), asked)).get('username'), 'second')
})
