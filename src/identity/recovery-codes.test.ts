import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashOfRecoveryCode, newRecoveryCodes } from './recovery-codes.ts'

/** From there on a fast hash is enough (OWASP ASVS 5.0, 6.5.2; SP 800-63B §5.1.2). */
const ENOUGH_BITS = 112

test('ten codes that nobody finds from their hashes, and that are found however they were typed', () => {
  const { codes, hashes } = newRecoveryCodes()
  assert.equal(new Set(codes).size, 10)
  const symbols = new Set(Array.from({ length: 200 }, () => newRecoveryCodes().codes.join('')).join(''))
  symbols.delete('-')
  for (const [at, code] of codes.entries()) {
    const letters = code.replaceAll('-', '')
    assert.ok(letters.length * Math.log2(symbols.size) >= ENOUGH_BITS, code)
    for (const typed of [code, letters, ` ${code.toUpperCase()} `, code.replaceAll('-', ' ')]) {
      assert.equal(hashOfRecoveryCode(typed), hashes[at])
    }
  }
})
