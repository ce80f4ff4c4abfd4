import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { secondFactorOf, STANDARD_AMR } from './second-factor.ts'

const STANDARD = { acceptedAcr: [], acceptedAmr: STANDARD_AMR }

for (const [amr, said] of [
  [['mfa'], 'amr mfa'],
  [['otp', 'pwd'], 'amr pwd+otp'],
  [['hwk', 'pin', 'user'], 'amr pin+hwk'],
  [['pwd', 'sms', 'otp', 'mfa'], 'amr pwd+otp'],
  [['hwk', 'user'], undefined],
  [['hwk'], undefined],
  [['otp'], undefined],
  [['pwd', 'pin', 'kba'], undefined],
  [['pwd', 'tel', 'mfa'], undefined],
  [['pwd', 'sms'], undefined],
  [['MFA'], undefined],
  [['mfa '], undefined],
  ['mfa', undefined],
  [{ 0: 'mfa', length: 1 }, undefined],
  [[['mfa']], undefined],
  [Array.from({ length: 40 }, () => 'mfa'), undefined],
  [undefined, undefined],
  [null, undefined],
] as const) {
  test(`amr ${JSON.stringify(amr)?.slice(0, 40)}: ${said ?? 'no second factor'}`, () => {
    assert.equal(secondFactorOf({ amr }, STANDARD), said)
  })
}

test('an acr counts when it is configured, and then as a whole', () => {
  const accepted = { acceptedAcr: ['urn:mfa'], acceptedAmr: [] }
  assert.equal(secondFactorOf({ acr: 'urn:mfa' }, accepted), 'acr urn:mfa')
  for (const acr of ['urn:mfa2', 'urn', '', undefined, ['urn:mfa'], 'URN:MFA']) {
    assert.equal(secondFactorOf({ acr }, accepted), undefined)
  }
  assert.equal(secondFactorOf({ acr: '' }, { acceptedAcr: [''], acceptedAmr: [''] }), undefined)
})

/** Kinds of factors (RFC 8176): what one knows, has, is. Codes by telephone are what others have, too. */
const KINDS: Readonly<Record<string, 'knows' | 'has' | 'is'>> = {
  pwd: 'knows',
  pin: 'knows',
  kba: 'knows',
  otp: 'has',
  hwk: 'has',
  swk: 'has',
  sc: 'has',
  fpt: 'is',
  face: 'is',
  iris: 'is',
}

test('without mfa said, it takes two methods of different kinds, whatever stands beside them', () => {
  const method = fc.constantFrom(...Object.keys(KINDS), 'sms', 'tel', 'user', 'geo', 'rba', 'mca', 'wia', '')
  fc.assert(
    fc.property(fc.array(method, { maxLength: 8 }), amr => {
      const kinds = new Set(amr.flatMap(each => KINDS[each] ?? []))
      if (secondFactorOf({ amr }, STANDARD) !== undefined) assert.ok(kinds.size >= 2, amr.join(' '))
    }),
    { numRuns: 2_000 },
  )
})
