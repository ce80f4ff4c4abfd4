import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret as Key } from 'otpauth'
import { newTotpSecret, offsetOf, stepOf, totpUri } from './totp.ts'

/** RFC 6238, Appendix B, SHA-1, of which authenticators show the last six digits. */
const VECTORS = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
] as const
const SECRET = Key.fromUTF8('12345678901234567890').base32

test('the codes of RFC 6238', () => {
  for (const [seconds, code] of VECTORS) {
    assert.equal(stepOf(SECRET, code.slice(2), seconds * 1_000), Math.floor(seconds / 30), String(seconds))
  }
})

test('a code is right one step before and after, and says its distance within ten minutes', () => {
  const at = VECTORS[3][0] * 1_000
  const code = VECTORS[3][1].slice(2)
  const step = Math.floor(at / 30_000)
  for (let offset = -25; offset <= 25; offset++) {
    const now = at + offset * 30_000
    assert.equal(stepOf(SECRET, code, now), Math.abs(offset) <= 1 ? step : undefined, String(offset))
    assert.equal(offsetOf(SECRET, code, now), Math.abs(offset) <= 20 ? 0 - offset : undefined, String(offset))
  }
})

test('what is no code is none', () => {
  for (const junk of ['', '12345', '1234567', '12345a', '٠٠٥٩٢٤', '005 24', '------', '\u0000'.repeat(6)]) {
    assert.equal(stepOf(SECRET, junk, VECTORS[3][0] * 1_000), undefined, junk)
  }
})

test('a secret is of 160 bits and its own, and is in the link for authenticators', () => {
  const secrets = new Set(Array.from({ length: 100 }, newTotpSecret))
  assert.equal(secrets.size, 100)
  for (const secret of secrets) assert.match(secret, /^[A-Z2-7]{32}$/)
  const uri = new URL(totpUri(SECRET, 'Example Ltd', 'ada@example.com'))
  assert.deepEqual([uri.protocol, uri.host], ['otpauth:', 'totp'])
  assert.equal(uri.searchParams.get('secret'), SECRET)
  assert.equal(uri.searchParams.get('issuer'), 'Example Ltd')
})
