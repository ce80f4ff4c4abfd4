import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { codeAt, codeOf, GOOD, got, HERE, MINUTE, owner, tokenOf, world } from '../../test/support/people-world.ts'
import { hashPassword, passwordMatches, weaknessOf } from './password.ts'

test('passwords are long, and not what others chose before', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker } = await owner(made)
  const link = got(
    await identity.invite(asker, {
      organisationId: undefined,
      email: 'margaret@corp.example',
      name: 'Margaret Hamilton',
      role: 'auditor',
    }),
  )
  const { enrolment, totp } = got(await identity.openEnrolment(tokenOf(link.url), HERE))
  const weak = [
    'short',
    'password1234',
    'Passw0rd!!!!',
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabc',
    '1234567890123',
    'qwertyuiopasdf',
    'margaret2026',
    'MargaretHamilton1',
    'x'.repeat(300),
    'administrator1!',
  ]
  for (const password of weak) {
    const code = codeAt(totp.secret, clock.now())
    assert.equal(
      codeOf(await identity.enrolPassword({ enrolment, password, code }, HERE)),
      'PEOPLE_PASSWORD_WEAK',
      password,
    )
  }
  const late = codeAt(totp.secret, clock.now() - 5 * MINUTE)
  const skewed = await identity.enrolPassword({ enrolment, password: GOOD, code: late }, HERE)
  assert.ok(!skewed.ok && /5 min behind/.test(skewed.error.message), 'a clock that is off is said')
  const code = codeAt(totp.secret, clock.now())
  assert.equal(codeOf(await identity.enrolPassword({ enrolment, password: GOOD, code }, HERE)), 'accepted')
})

test('what was in a breach is refused as it is and with a little around it; what nobody chose is not', () => {
  const refused = [
    'chickenwing101',
    'CHICKENWING101',
    'Mailcreated5240',
    'Liverpool2024!',
    'P@ssw0rd2024!',
    'Sunsh1ne!2345',
    'dragondragon',
    'Dragon123456',
    'voicemail2026',
    '1qaz2wsx3edc4',
    'qwertzuiopas',
    'ａaaaaaaaaaaaa',
  ]
  for (const password of refused) assert.notEqual(weaknessOf(password, []), undefined, password)
  const taken = [
    GOOD,
    'tangerine-window-91',
    'kT9#x2Lq7!sunshine',
    'vH8$kqpw2Zme',
    'Winterthur im Regen',
    'пингвин на велосипеде',
    '🐧 under the old bridge',
  ]
  for (const password of taken) assert.equal(weaknessOf(password, ['Ada', 'ada', 'example']), undefined, password)
})

test('random passwords are taken: the list of hashes knows nearly nothing by chance', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 20, maxLength: 40, unit: fc.constantFrom(...'abcdefghjkmnpqrstuvwxyz') }),
      text => {
        // Of so few different letters that they repeat themselves: another rule.
        fc.pre(new Set(text).size > 8)
        assert.equal(weaknessOf(text, []), undefined)
      },
    ),
    { numRuns: 2_000, seed: 7 },
  )
})

test('eleven characters are too few, twelve of any kind are enough', () => {
  assert.match(weaknessOf('vH8$kqpw2Zm', []) ?? '', /at least 12/)
  assert.equal(weaknessOf('vH8$kqpw2Zme', []), undefined)
  assert.equal(weaknessOf('jqzv kwpx tb', []), undefined)
  assert.match(weaknessOf('😀🐧🌍🎈🚀🍕🎸🏔🌊🔭🧭', []) ?? '', /at least 12/, 'characters, not units')
})

test('any text is judged, in bounded time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), fc.string({ unit: 'binary' }), (text, word) => {
      const said = weaknessOf(text, [word])
      assert.ok(said === undefined || said.startsWith('a password has') || said.startsWith('this password'))
    }),
    { numRuns: 300 },
  )
  for (const text of ['a'.repeat(1_000_000), 'ﷺ'.repeat(300), '1'.repeat(256)]) {
    assert.notEqual(weaknessOf(text, []), undefined)
  }
})

test('a password matches its own hash only, however its letters are composed; no hash matches none', async () => {
  const hash = await hashPassword('Ångström über alles')
  assert.match(hash ?? '', /^argon2id\$19456\$2\$1\$[\w-]{22}\$[\w-]{43}$/)
  assert.equal(await passwordMatches('Ångström über alles'.normalize('NFD'), hash), true)
  assert.equal(await passwordMatches('Ångström über Alles', hash), false)
  assert.equal(await passwordMatches('Ångström über alles', undefined), false)
  assert.notEqual(await hashPassword('Ångström über alles'), hash, 'each has its own salt')
})

test('more passwords at once than can wait are turned away, and those that wait are served', async () => {
  const results = await Promise.all(Array.from({ length: 70 }, () => passwordMatches('x', undefined)))
  assert.deepEqual(
    [results.filter(each => each === undefined).length, results.slice(0, 66)],
    [4, Array(66).fill(false)],
  )
  assert.equal(await passwordMatches('x', undefined), false)
})
