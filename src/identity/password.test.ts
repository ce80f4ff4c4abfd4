import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeAt, codeOf, GOOD, got, HERE, MINUTE, owner, tokenOf, world } from '../../test/support/people-world.ts'

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
