/** People on the real database, many things at once: what has to happen once does. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  codeAt,
  codeOf,
  GOOD,
  got,
  HERE,
  MACHINE,
  ORIGIN,
  owner,
  tokenOf,
  withPassword,
  world,
} from '../../../test/support/people-world.ts'
import { createSoftPasskey } from '../../../test/support/soft-passkey.ts'
import { openTestStore, temporaryFolder } from '../test-support/fixtures.ts'
import type { Store } from '../types.ts'

const folder = temporaryFolder()
let store: Store
let made: ReturnType<typeof world>
let first: Awaited<ReturnType<typeof owner>>

before(async () => {
  store = await openTestStore(folder.path)
  made = world(() => store.identity)
  first = await owner(made)
})
after(async () => {
  await store.close()
  folder.remove()
})

function accepted(results: readonly string[]): number {
  return results.filter(each => each === 'accepted').length
}

test('of many enrolments by one link at once, one succeeds', async () => {
  const { identity } = made
  const input = { organisationId: undefined, email: 'eve@example.com', name: 'Eve', role: 'auditor' } as const
  const token = tokenOf(got(await identity.invite(first.asker, input)).url)
  const results = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const opened = await identity.openEnrolment(token, HERE)
      if (!opened.ok) return codeOf(opened)
      const { enrolment, passkey } = opened.value
      const response = createSoftPasskey().create(passkey, ORIGIN)
      return codeOf(await identity.enrolPasskey({ enrolment, response, label: '' }, HERE))
    }),
  )
  assert.equal(accepted(results), 1)
  const eve = await identity.personByEmail(MACHINE, 'eve@example.com')
  assert.deepEqual([eve?.factors.passkeys.length, eve?.state], [1, 'active'])
})

test('a code and a recovery code are taken once, by however many at once', async () => {
  const { identity, clock } = made
  const { email, secret, codes } = await withPassword(made, first.asker)
  for (const code of [codeAt(secret, clock.now()), codes[0]!]) {
    const tries = Array.from({ length: 5 }, () => identity.signInPassword({ email, password: GOOD, code }, HERE))
    assert.equal(accepted((await Promise.all(tries)).map(codeOf)), 1)
  }
})

test('one person signs in twenty times at once, and has twenty sessions at most', async () => {
  const { identity } = made
  const { passkey, signedIn } = first
  const enter = async () => {
    const { ceremony, options } = got(await identity.beginPasskey(HERE))
    return codeOf(
      await identity.signInPasskey({ ceremony, response: passkey.get(options, ORIGIN, { counter: 0 }) }, HERE),
    )
  }
  const results = await Promise.all(Array.from({ length: 20 }, enter))
  assert.equal(accepted(results), 20)
  assert.equal(await enter(), 'accepted')
  const own = await identity.sessions(MACHINE, signedIn.session.person.id)
  assert.ok(own.length <= 21, String(own.length))
})

test('of two owners who remove each other at once, one stays', async () => {
  const { identity } = made
  const input = { organisationId: undefined, email: 'grace@example.com', name: 'Grace', role: 'owner' } as const
  const opened = got(await identity.openEnrolment(tokenOf(got(await identity.invite(first.asker, input)).url), HERE))
  const response = createSoftPasskey().create(opened.passkey, ORIGIN)
  const grace = got(await identity.enrolPasskey({ enrolment: opened.enrolment, response, label: '' }, HERE))
  const ids = [grace.session.person.id, first.signedIn.session.person.id]
  const results = await Promise.all(ids.map(id => identity.change(MACHINE, id, { role: 'auditor' })))
  assert.deepEqual(results.map(codeOf), ['accepted', 'PEOPLE_LAST_OWNER'])
})

test('what cannot be in a text of the database finds nobody, and breaks nothing', async () => {
  const { identity } = made
  const hostile = ['\u0000', 'a\u0000@example.com', '\ud800', "' OR 1=1 --", '\\', '%', '_']
  for (const [index, email] of hostile.entries()) {
    const origin = { ...HERE, address: `198.51.${index}.1` }
    const result = await identity.signInPassword({ email, password: '\u0000', code: '\u0000' }, origin)
    assert.equal(codeOf(result), 'PEOPLE_WRONG_CREDENTIALS')
    assert.equal(await identity.personByEmail(MACHINE, email), undefined)
    assert.equal(codeOf(await identity.openEnrolment(email, HERE)), 'PEOPLE_EXPIRED')
    assert.equal(await identity.session(email, HERE), undefined)
    assert.equal(await identity.apiKey(email, HERE), undefined)
    assert.equal(await identity.person(MACHINE, email as never), undefined)
    assert.equal(codeOf(await identity.revoke(MACHINE, email as never)), 'PEOPLE_UNKNOWN')
    assert.equal(codeOf(await identity.removeApiKey(MACHINE, email as never)), 'PEOPLE_UNKNOWN')
    assert.equal(codeOf(await identity.suspend(MACHINE, email as never, 'x')), 'PEOPLE_UNKNOWN')
    const said = { provider: 'work', issuer: email, subject: email, email }
    assert.equal(codeOf(await identity.signInProvider(said, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
  }
})
