import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { type Authenticator, createAuthenticator, type Verification } from './authenticator.ts'
import { digestResponse, digestSecret } from './digest.ts'

const REALM = 'example.com'
const URI = 'sip:example.com'
const ha1 = digestSecret('SHA-256', 'alice', REALM, 'secret')
let count = 0

function challenged(authenticator: Authenticator): string {
  const [[, value] = ['', '']] = authenticator.challenge(REALM, 'peer', ['SHA-256'])
  return /nonce="([^"]+)"/.exec(value)![1]!
}

function prove(authenticator: Authenticator, nonce: string): Verification {
  const nc = (++count).toString(16).padStart(8, '0')
  const parts = { algorithm: 'SHA-256', nonce, nc, cnonce: 'c', qop: 'auth', uri: URI, method: 'REGISTER' } as const
  const response = digestResponse({ ...parts, ha1, body: undefined })
  const value = `Digest username="alice", realm="${REALM}", nonce="${nonce}", uri="${URI}", response="${response}", algorithm=SHA-256, cnonce="c", qop=auth, nc=${nc}`
  return authenticator.verify({
    credentials: [value],
    method: 'REGISTER',
    requestUri: URI,
    realm: REALM,
    binding: 'peer',
    lookup: () => ({ secrets: { 'SHA-256': ha1, MD5: undefined } }),
    algorithms: ['SHA-256'],
  })
}

for (const hours of [6, -6]) {
  test(`a wall clock that jumps by ${hours} hours makes no nonce stale, of before or after it`, () => {
    const clock = new ManualClock()
    const authenticator = createAuthenticator({ clock, nonceKey: Buffer.alloc(32, 1) })
    clock.advance(1_000)
    const nonce = challenged(authenticator)
    clock.jump(hours * 3_600_000)
    assert.equal(prove(authenticator, nonce).ok, true)
    assert.equal(prove(authenticator, challenged(authenticator)).ok, true)
    clock.advance(300_001)
    const late = prove(authenticator, nonce)
    assert.deepEqual(late, { ok: false, reason: 'stale', username: 'alice' })
  })
}
