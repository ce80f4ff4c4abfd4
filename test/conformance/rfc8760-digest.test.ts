/** Digest: the examples of RFC 7616 §3.9 and RFC 2617 §3.5, RFC 8760's rules, and what an attacker may try. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../../src/base/clock.ts'
import { answerChallenge, challengeNonce } from '../../src/sip/auth/answer.ts'
import {
  type Authenticator,
  type AuthenticatorOptions,
  createAuthenticator,
  type VerifyInput,
} from '../../src/sip/auth/authenticator.ts'
import {
  type DigestAlgorithm,
  digestOf,
  digestResponse,
  digestSecret,
  legacyDigestResponse,
} from '../../src/sip/auth/digest.ts'
import { createNonceMint, NONCE_LENGTH } from '../../src/sip/auth/nonce.ts'
import { NonceCounts } from '../../src/sip/auth/nonce-counts.ts'
import { digestUriMatches, digestUriNamesServer } from '../../src/sip/auth/uri-match.ts'
import { parseChallenge } from '../../src/sip/message/challenge.ts'
import { encodeText } from '../../src/sip/message/text.ts'

// --- vectors -----------------------------------------------------------------------------------------------------------

const mufasa = {
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  nc: '00000001',
  method: 'GET',
  uri: '/dir/index.html',
} as const

test('RFC 7616 §3.9.1: SHA-256 and MD5', () => {
  const sha = digestSecret('SHA-256', 'Mufasa', 'http-auth@example.org', 'Circle of Life')
  assert.equal(
    digestResponse({ algorithm: 'SHA-256', ha1: sha, qop: 'auth', ...mufasa }),
    '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  )
  const md5 = digestSecret('MD5', 'Mufasa', 'http-auth@example.org', 'Circle of Life')
  assert.equal(
    digestResponse({ algorithm: 'MD5', ha1: md5, qop: 'auth', ...mufasa }),
    '8ca523f5e9506fed4657c9700eebdbec',
  )
})

test('RFC 7616 §3.9.2: SHA-512-256 and UTF-8 (values of erratum 4897: the RFC’s own use a truncated SHA-512)', () => {
  const username = 'J\u00e4s\u00f8n Doe'
  const ha1 = digestSecret('SHA-512-256', username, 'api@example.org', 'Secret, or not?')
  assert.equal(
    digestOf('SHA-512-256', `${username}:api@example.org`),
    '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
  )
  assert.equal(
    digestResponse({
      algorithm: 'SHA-512-256',
      ha1,
      nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
      nc: '00000001',
      cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
      qop: 'auth',
      method: 'GET',
      uri: '/doe.json',
    }),
    '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
  )
})

test('RFC 2617 §3.5 and RFC 2069 without qop', () => {
  const ha1 = digestSecret('MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life')
  const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093'
  const common = { nonce, method: 'GET', uri: '/dir/index.html' }
  assert.equal(
    digestResponse({ algorithm: 'MD5', ha1, nc: '00000001', cnonce: '0a4f113b', qop: 'auth', ...common }),
    '6629fae49393a05397450978507c4ef1',
  )
  // RFC 2069 §2.4 with its errata 749.
  const old = digestSecret('MD5', 'Mufasa', 'testrealm@host.com', 'CircleOfLife')
  assert.equal(legacyDigestResponse(old, nonce, 'GET', '/dir/index.html'), '1949323746fe6a43ef61f9606e7febea')
})

test('qop=auth-int hashes the body too', () => {
  const ha1 = digestSecret('MD5', 'bob', 'biloxi.com', 'zanzibar')
  const common = { algorithm: 'MD5', ha1, nonce: 'dcd98b', nc: '00000001', cnonce: '0a4f113b' } as const
  const target = { method: 'INVITE', uri: 'sip:bob@biloxi.com' }
  const expected = digestOf(
    'MD5',
    `${ha1}:dcd98b:00000001:0a4f113b:auth-int:${digestOf('MD5', `INVITE:sip:bob@biloxi.com:${digestOf('MD5', 'v=0\r\n')}`)}`,
  )
  const body = Buffer.from('v=0\r\n')
  assert.equal(digestResponse({ ...common, ...target, qop: 'auth-int', body }), expected)
  assert.notEqual(digestResponse({ ...common, ...target, qop: 'auth' }), expected)
})

// --- challenge and verification ---------------------------------------------------------------------------------------------

const realm = 'example.com'
const uri = 'sip:example.com'
const password = 'p\u00e4ssw0rd'
const users = new Map([
  [
    'alice',
    {
      secrets: {
        'SHA-256': digestSecret('SHA-256', 'alice', realm, password),
        MD5: digestSecret('MD5', 'alice', realm, password),
      },
    },
  ],
  ['legacy', { secrets: { 'SHA-256': undefined, MD5: digestSecret('MD5', 'legacy', realm, password) } }],
])
const both: readonly DigestAlgorithm[] = ['SHA-256', 'MD5']
const key = Buffer.alloc(32, 7)

interface Bench {
  readonly clock: ManualClock
  readonly authenticator: Authenticator
}

function bench(options: Partial<AuthenticatorOptions> = {}): Bench {
  const clock = new ManualClock()
  return { clock, authenticator: createAuthenticator({ clock, nonceKey: key, ...options }) }
}

function challenges(authenticator: Authenticator, algorithms = both, binding = '192.0.2.10'): string[] {
  return authenticator.challenge(realm, binding, algorithms).map(([, value]) => value)
}

function credentials(challengeHeaders: readonly string[], more: Partial<Parameters<typeof answerChallenge>[0]> = {}) {
  const value = answerChallenge({ challengeHeaders, username: 'alice', password, method: 'REGISTER', uri, ...more })
  assert.ok(value !== undefined)
  return value
}

function verify(authenticator: Authenticator, value: string | readonly string[], more: Partial<VerifyInput> = {}) {
  return authenticator.verify({
    credentials: typeof value === 'string' ? [value] : value,
    method: 'REGISTER',
    requestUri: uri,
    realm,
    binding: '192.0.2.10',
    lookup: username => users.get(username),
    algorithms: both,
    ...more,
  })
}

const reasonOf = (result: ReturnType<typeof verify>): string => (result.ok ? 'ok' : result.reason)

test('RFC 8760 §2.4: one challenge for each algorithm, the strongest first; qop auth; stale only where said', () => {
  const { authenticator } = bench()
  const offered = authenticator.challenge(realm, 'x', both)
  assert.deepEqual(
    offered.map(([name]) => name),
    ['WWW-Authenticate', 'WWW-Authenticate'],
  )
  const parsed = offered.map(([, value]) => parseChallenge(value)!.parameters)
  assert.deepEqual(
    parsed.map(parameters => parameters.get('algorithm')),
    ['SHA-256', 'MD5'],
  )
  for (const parameters of parsed) {
    assert.equal(parameters.get('realm'), realm)
    assert.equal(parameters.get('qop'), 'auth')
    assert.equal(parameters.has('stale'), false)
    assert.equal(parameters.get('nonce')?.length, NONCE_LENGTH)
  }
  const [proxy] = authenticator.challenge(realm, 'x', ['MD5'], { stale: true, proxy: true })
  assert.equal(proxy![0], 'Proxy-Authenticate')
  assert.equal(challengeNonce(proxy![1])?.stale, true)
})

test('the client answers the topmost challenge that it knows, and the server says with which algorithm', () => {
  const { authenticator } = bench()
  const value = credentials(challenges(authenticator))
  assert.match(value, /algorithm=SHA-256/)
  assert.deepEqual(verify(authenticator, value), { ok: true, username: 'alice', algorithm: 'SHA-256' })
  const md5 = credentials(challenges(authenticator, ['MD5']))
  assert.deepEqual(verify(authenticator, md5), { ok: true, username: 'alice', algorithm: 'MD5' })
  const unknown = challenges(authenticator).map(text => text.replace('SHA-256', 'SHA-999'))
  assert.match(credentials(unknown), /algorithm=MD5/)
})

test('an algorithm that was not offered is refused, though its digest is right', () => {
  const { authenticator } = bench()
  const value = credentials(challenges(authenticator, ['MD5']))
  assert.equal(reasonOf(verify(authenticator, value, { algorithms: ['SHA-256'] })), 'malformed')
})

test('a user without a secret for the algorithm is refused like a wrong password', () => {
  const { authenticator } = bench()
  const value = credentials(challenges(authenticator), { username: 'legacy' })
  assert.equal(reasonOf(verify(authenticator, value)), 'wrong-secret')
  const md5 = credentials(challenges(authenticator, ['MD5']), { username: 'legacy' })
  assert.equal(reasonOf(verify(authenticator, md5)), 'ok')
})

test('wrong password, unknown user, no credentials, another realm, another scheme', () => {
  const { authenticator } = bench()
  const offered = challenges(authenticator)
  assert.deepEqual(verify(authenticator, credentials(offered, { password: 'guess' })), {
    ok: false,
    reason: 'wrong-secret',
    username: 'alice',
  })
  const unknown = verify(authenticator, credentials(offered, { username: 'mallory' }))
  assert.deepEqual(unknown, { ok: false, reason: 'unknown-user', username: 'mallory' })
  assert.equal(reasonOf(verify(authenticator, [])), 'no-credentials')
  assert.equal(reasonOf(verify(authenticator, 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')), 'no-credentials')
  const elsewhere = credentials(offered.map(text => text.replace(realm, 'other.example')))
  assert.equal(reasonOf(verify(authenticator, elsewhere)), 'wrong-realm')
  assert.equal(reasonOf(verify(authenticator, [elsewhere, credentials(offered)])), 'ok')
})

test('the dummy secret of unknown users opens nothing', () => {
  const { authenticator } = bench()
  const dummy = digestOf('SHA-256', `ringfence dummy ${key.toString('hex')}`)
  const value = credentials(challenges(authenticator), { username: 'mallory', ha1: { 'SHA-256': dummy } })
  assert.equal(reasonOf(verify(authenticator, value)), 'unknown-user')
})

test('the digest covers method, URI, nonce, cnonce and count', () => {
  const { authenticator } = bench()
  const value = credentials(challenges(authenticator))
  assert.equal(reasonOf(verify(authenticator, value, { method: 'INVITE' })), 'wrong-secret')
  assert.equal(reasonOf(verify(authenticator, value, { requestUri: 'sip:other.example' })), 'malformed')
  assert.equal(reasonOf(verify(authenticator, value.replace(/cnonce="./, 'cnonce="X'))), 'wrong-secret')
  assert.equal(reasonOf(verify(authenticator, value.replace('nc=00000001', 'nc=00000002'))), 'wrong-secret')
  assert.equal(reasonOf(verify(authenticator, value)), 'ok')
})

test('the digest URI may leave parameters and port away, but names the same user and host', () => {
  const same = ['sip:example.com;transport=tls', 'sip:EXAMPLE.com', 'sip:example.com:5061', 'sips:example.com']
  for (const text of same) assert.equal(digestUriMatches(text, uri), true, text)
  const other = ['sip:bob@example.com', 'sip:example.org', 'sip:example.com.evil', 'tel:123', 'garbage', '']
  for (const text of other) assert.equal(digestUriMatches(text, uri), false, text)
  assert.equal(digestUriMatches('sip:a@example.com:5060', 'sip:a@example.com:5070'), false)
})

test('malformed credentials are refused, never thrown', () => {
  const { authenticator } = bench()
  const value = credentials(challenges(authenticator))
  const broken = [
    value.replace(/, qop=auth/, ''),
    value.replace('qop=auth', 'qop=auth-int'),
    value.replace('qop=auth', 'qop=other'),
    value.replace(/, cnonce="[^"]*"/, ''),
    value.replace(/, nc=\d+/, ''),
    value.replace('nc=00000001', 'nc=1'),
    value.replace('nc=00000001', 'nc=0000000g'),
    value.replace(/response="./, 'response="Z'),
    value.replace(/response="[^"]*"/, 'response=""'),
    value.replace(/username="[^"]*"/, `username="${'x'.repeat(300)}"`),
    value.replace(/username="[^"]*", /, ''),
    value.replace('algorithm=SHA-256', 'algorithm=SHA-256-sess'),
    value.replace('algorithm=SHA-256', 'algorithm=MD5'),
    `${value}, userhash=true`,
    `${value}, username*=UTF-8''alice`,
    `${value}, nc=00000002`,
    'Digest',
    'Digest username="alice"',
    '',
  ]
  for (const text of broken) assert.equal(reasonOf(verify(authenticator, text)), 'malformed', text)
  assert.equal(authenticator.nonceCount, 0)
})

test('qop=auth-int is verified where a body is given, and is never offered', () => {
  const { authenticator } = bench()
  const body = Buffer.from('v=0\r\n')
  const asked = challenges(authenticator).map(text => text.replace('qop="auth"', 'qop="auth-int"'))
  const value = credentials(asked, { body })
  assert.match(value, /qop=auth-int/)
  assert.equal(reasonOf(verify(authenticator, value, { body: Buffer.from('v=1\r\n') })), 'wrong-secret')
  assert.equal(reasonOf(verify(authenticator, value, { body })), 'ok')
})

test('names in UTF-8, with quotes, and as username* (RFC 7616 §3.4)', () => {
  const { authenticator } = bench()
  const name = 'J\u00f6"rg\\'
  const secrets = { 'SHA-256': digestSecret('SHA-256', name, realm, password), MD5: undefined }
  const lookup = (asked: string) => (asked === name ? { secrets } : undefined)
  const value = credentials(challenges(authenticator), { username: name })
  assert.equal(reasonOf(verify(authenticator, value, { lookup })), 'ok')
  const again = credentials(challenges(authenticator), { username: name })
  const extended = again.replace(/username="(?:[^"\\]|\\.)*"/, `username*=UTF-8''${encodeURIComponent(name)}`)
  assert.notEqual(extended, again)
  assert.equal(reasonOf(verify(authenticator, extended, { lookup })), 'ok')
  assert.equal(encodeText(name).length, name.length + 1)
})

// --- nonces --------------------------------------------------------------------------------------------------------------------

test('a nonce lives five minutes; then right credentials are stale, wrong ones wrong', () => {
  const { clock, authenticator } = bench()
  const offered = challenges(authenticator)
  clock.advance(300_000)
  assert.equal(reasonOf(verify(authenticator, credentials(offered, { password: 'x' }))), 'wrong-secret')
  assert.equal(reasonOf(verify(authenticator, credentials(offered))), 'ok')
  clock.advance(1)
  assert.equal(reasonOf(verify(authenticator, credentials(offered, { nonceCount: 2 }))), 'stale')
  assert.equal(
    reasonOf(verify(authenticator, credentials(offered, { nonceCount: 2 }), { nonceLifetimeMs: 600_000 })),
    'ok',
  )
})

test('a nonce of another binding, realm or key is stale even with the right digest', () => {
  const { clock, authenticator } = bench()
  assert.equal(reasonOf(verify(authenticator, credentials(challenges(authenticator, both, '203.0.113.5')))), 'stale')
  const stranger = createAuthenticator({ clock, nonceKey: Buffer.alloc(32, 8) })
  assert.equal(reasonOf(verify(authenticator, credentials(challenges(stranger)))), 'stale')
  const made = credentials([`Digest realm="${realm}", nonce="my own", algorithm=SHA-256, qop="auth"`])
  assert.equal(reasonOf(verify(authenticator, made)), 'stale')
  assert.equal(authenticator.nonceCount, 0)
})

test('replay: a captured request is refused; counting up is not; late ones within the window are not', () => {
  const { authenticator } = bench()
  const offered = challenges(authenticator)
  const use = (nonceCount: number): string => reasonOf(verify(authenticator, credentials(offered, { nonceCount })))
  const captured = credentials(offered)
  assert.equal(reasonOf(verify(authenticator, captured)), 'ok')
  assert.equal(reasonOf(verify(authenticator, captured)), 'replayed')
  assert.equal(use(1), 'replayed')
  assert.deepEqual([use(5), use(3), use(3), use(2), use(5), use(4)], ['ok', 'ok', 'replayed', 'ok', 'replayed', 'ok'])
  assert.deepEqual([use(100), use(69), use(68)], ['ok', 'ok', 'replayed'])
})

test('a wrong password leaves no trace; nothing can be stored by strangers', () => {
  const { authenticator } = bench()
  for (let i = 0; i < 100; i++) verify(authenticator, credentials(challenges(authenticator), { password: 'x' }))
  assert.equal(authenticator.nonceCount, 0)
})

test('a nonce that made room is stale, and so is every older unused one: replay fails closed', () => {
  const { clock, authenticator } = bench({ maximumNonces: 2 })
  const offered = [0, 1, 2, 3].map(() => {
    const challenge = challenges(authenticator)
    clock.advance(10)
    return challenge
  })
  const captured = credentials(offered[1]!)
  assert.equal(reasonOf(verify(authenticator, captured)), 'ok')
  assert.equal(reasonOf(verify(authenticator, credentials(offered[2]!))), 'ok')
  assert.equal(reasonOf(verify(authenticator, credentials(offered[3]!))), 'ok')
  assert.equal(authenticator.nonceCount, 2)
  assert.equal(reasonOf(verify(authenticator, captured)), 'stale')
  assert.equal(reasonOf(verify(authenticator, credentials(offered[1]!, { nonceCount: 9 }))), 'stale')
  assert.equal(reasonOf(verify(authenticator, credentials(offered[0]!))), 'stale')
  assert.equal(reasonOf(verify(authenticator, credentials(offered[3]!, { nonceCount: 2 }))), 'ok')
})

test('after a restart an older nonce is stale: what was captured before cannot be replayed', () => {
  const { clock, authenticator } = bench()
  const offered = challenges(authenticator)
  const captured = credentials(offered)
  assert.equal(reasonOf(verify(authenticator, captured)), 'ok')
  clock.advance(1_000)
  const restarted = createAuthenticator({ clock, nonceKey: key })
  assert.equal(reasonOf(verify(restarted, captured)), 'stale')
  assert.equal(reasonOf(verify(restarted, credentials(challenges(restarted)))), 'ok')
})

test('a wall clock that jumps: back, nonces from the future are stale; forward, old ones are', () => {
  const past = new ManualClock(1_600_000_000_000)
  const { authenticator } = bench()
  const early = createAuthenticator({ clock: past, nonceKey: key })
  assert.equal(reasonOf(verify(early, credentials(challenges(authenticator)))), 'stale')
})

test('counts of expired nonces are freed', () => {
  const { clock, authenticator } = bench()
  for (let i = 0; i < 50; i++)
    assert.equal(reasonOf(verify(authenticator, credentials(challenges(authenticator)))), 'ok')
  assert.equal(authenticator.nonceCount, 50)
  clock.advance(300_001)
  verify(authenticator, credentials(challenges(authenticator)))
  assert.equal(authenticator.nonceCount, 1)
})

test('options are checked', () => {
  const clock = new ManualClock()
  assert.throws(() => createAuthenticator({ clock, nonceKey: Buffer.alloc(15) }), RangeError)
  assert.throws(() => createAuthenticator({ clock, nonceKey: key, nonceLifetimeMs: 0 }), RangeError)
  assert.throws(() => createAuthenticator({ clock, nonceKey: key, maximumNonces: 0 }), RangeError)
})

// --- client ----------------------------------------------------------------------------------------------------------------------

test('the client: opaque and algorithm given back, no algorithm where none came, nothing for what it cannot answer', () => {
  const base = { username: 'bob', password: 'zanzibar', method: 'INVITE', uri: 'sip:bob@biloxi.com' }
  const old = answerChallenge({ ...base, challengeHeaders: ['Digest realm="biloxi.com", nonce="abc", opaque="5ccc"'] })
  assert.match(old!, /opaque="5ccc"/)
  assert.doesNotMatch(old!, /algorithm|qop|nc=/)
  const expected = legacyDigestResponse(digestSecret('MD5', 'bob', 'biloxi.com', 'zanzibar'), 'abc', 'INVITE', base.uri)
  assert.ok(old!.includes(`response="${expected}"`))
  const refused = [
    'Basic realm="x"',
    'Digest nonce="abc"',
    'Digest realm="x", nonce="abc", algorithm=MD5-sess, qop="auth"',
    'Digest realm="x", nonce="abc", algorithm=SHA-256',
    'Digest realm="x", nonce="abc", qop="other"',
    'garbage',
  ]
  for (const challenge of refused) assert.equal(answerChallenge({ ...base, challengeHeaders: [challenge] }), undefined)
  const realms = ['Digest realm="a", nonce="1", qop="auth"', 'Digest realm="b", nonce="2", qop="auth"']
  assert.match(answerChallenge({ ...base, challengeHeaders: realms, realm: 'b' })!, /nonce="2"/)
})

// --- properties ------------------------------------------------------------------------------------------------------------------

test('property: whatever bit of the response or nonce changes, it is refused', () => {
  const { authenticator } = bench()
  const offered = challenges(authenticator)
  const value = credentials(offered)
  const parsed = parseChallenge(value)!.parameters
  fc.assert(
    fc.property(
      fc.constantFrom('response', 'nonce', 'cnonce'),
      fc.nat(),
      fc.integer({ min: 0, max: 6 }),
      (name, at, bit) => {
        const text = parsed.get(name)!
        const index = at % text.length
        const code = text.charCodeAt(index) ^ (1 << bit)
        const changed = text.slice(0, index) + String.fromCharCode(code) + text.slice(index + 1)
        fc.pre(changed.toLowerCase() !== text.toLowerCase() && !/["\\\0-\x1f\x7f]/.test(changed))
        const result = verify(authenticator, value.replace(`${name}="${text}"`, `${name}="${changed}"`))
        assert.ok(!result.ok)
      },
    ),
    { numRuns: 400 },
  )
  assert.equal(reasonOf(verify(authenticator, value)), 'ok')
})

test('property: any bytes as credentials are a refusal, not an exception', () => {
  const { authenticator } = bench()
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.boolean(), (text, digest) => {
      const result = verify(authenticator, digest ? `Digest ${text}` : text)
      assert.equal(result.ok, false)
      answerChallenge({ challengeHeaders: [text, `Digest ${text}`], username: 'a', password: 'b', method: 'X', uri })
    }),
    { numRuns: 400 },
  )
})

test('property: a minted nonce is known to its key, realm and binding only', () => {
  const mint = createNonceMint(key)
  const other = createNonceMint(Buffer.alloc(32, 9))
  fc.assert(
    fc.property(
      fc.nat(4_000_000_000_000),
      fc.string(),
      fc.string(),
      fc.string({ minLength: 1 }),
      (now, name, binding, x) => {
        const nonce = mint.mint(now, name, binding)
        assert.equal(mint.issuedAt(nonce, name, binding), now % 36 ** 9)
        assert.equal(mint.issuedAt(nonce, name + x, binding), undefined)
        assert.equal(mint.issuedAt(nonce, name, binding + x), undefined)
        assert.equal(other.issuedAt(nonce, name, binding), undefined)
      },
    ),
    { numRuns: 200 },
  )
})

test('what ends in the realm cannot begin the binding', () => {
  const mint = createNonceMint(key)
  assert.equal(mint.issuedAt(mint.mint(1, 'example.com', '192.0.2.10'), 'example.com1', '92.0.2.10'), undefined)
})

test('property: a count is fresh at most once', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 80 }), { maxLength: 200 }), counts => {
      const table = new NonceCounts(10, 0)
      const accepted = new Set<number>()
      for (const count of counts) {
        if (table.use('n', 1, count) !== 'fresh') continue
        assert.equal(accepted.has(count), false)
        accepted.add(count)
      }
    }),
  )
})

test('a digest URI may name the address that the request reached us by, and nothing else', () => {
  const server = { address: '192.0.2.1', port: 5060 }
  assert.equal(digestUriNamesServer('sip:192.0.2.1:5060', server), true)
  for (const text of [
    'sip:192.0.2.1',
    'sip:192.0.2.1:5061',
    'sip:192.0.2.2:5060',
    'sip:a@192.0.2.1:5060',
    'tel:+1',
    'x',
  ])
    assert.equal(digestUriNamesServer(text, server), false, text)
  assert.equal(digestUriNamesServer('sip:[2001:db8::1]:5060', { address: '::', port: 5060 }), true)
  assert.equal(digestUriNamesServer('sip:example.com:5060', { address: '::', port: 5060 }), false)
})
