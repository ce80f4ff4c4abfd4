/** What somebody who wants to sign in as another would try, each of which has to fail. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  askerOf,
  codeAt,
  codeOf,
  ELSEWHERE,
  GOOD,
  got,
  HERE,
  MACHINE,
  MINUTE,
  ORIGIN,
  owner,
  tokenOf,
  withPassword,
  world,
} from '../../test/support/people-world.ts'
import { createSoftPasskey } from '../../test/support/soft-passkey.ts'
import type { IdentityRepository } from './repository.ts'
import type { Origin } from './types.ts'

test('an unknown address, a wrong password and a right one with a wrong code ask the same of the store', async () => {
  const calls: string[] = []
  const spied = (repository: IdentityRepository): IdentityRepository =>
    new Proxy(repository, {
      get(target, name: keyof IdentityRepository) {
        const method = target[name] as (...given: unknown[]) => unknown
        return (...given: unknown[]) => {
          calls.push(name)
          return method(...given)
        }
      },
    })
  const made = world(spied)
  const { identity, clock } = made
  const { asker } = await owner(made)
  const { email, secret } = await withPassword(made, asker)
  const right = codeAt(secret, clock.now())
  const attempts = [
    { email: 'nobody@example.com', password: GOOD, code: right },
    { email: 'ada@example.com', password: GOOD, code: right },
    { email, password: 'wrong password here', code: right },
    { email, password: GOOD, code: '000000' },
    { email, password: GOOD, code: 'abcd-efgh-ijkm-npqr' },
  ]
  const traces: string[] = []
  for (const attempt of attempts) {
    calls.length = 0
    assert.equal(codeOf(await identity.signInPassword(attempt, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
    traces.push(calls.join(' '))
  }
  assert.deepEqual([...new Set(traces)], ['personBy'])
})

test('what began as one ceremony does not end as another, for another session, or at another name of the machine', async () => {
  const made = world()
  const { identity } = made
  const { asker, signedIn, passkey } = await owner(made)
  const { session } = signedIn
  const bob = await withPassword(made, asker)
  const signIn = got(await identity.beginPasskey(HERE))
  const answer = passkey.get(signIn.options, ORIGIN)
  const step = got(await identity.beginStepUp(session)).ceremony!
  const add = got(await identity.beginAddPasskey(session))
  const created = createSoftPasskey().create(add.options, ORIGIN)
  const setup = got(await identity.beginTotp(session))
  const code = codeAt(setup.secret, made.clock.now())
  const label = ''
  const other: Origin = { ...HERE, host: 'other.example.com:8443' }
  const outcomes = {
    'a sign-in as a step-up': identity.stepUp(session, { ceremony: signIn.ceremony, response: answer }, HERE),
    'a step-up as a sign-in': identity.signInPasskey(
      { ceremony: step.ceremony, response: passkey.get(step.options, ORIGIN) },
      HERE,
    ),
    'a step-up of another': identity.stepUp(
      bob.signedIn.session,
      { ceremony: step.ceremony, response: passkey.get(step.options, ORIGIN) },
      HERE,
    ),
    'a passkey for another': identity.addPasskey(bob.signedIn.session, {
      ceremony: add.ceremony,
      response: created,
      label,
    }),
    'an added passkey as an enrolment': identity.enrolPasskey(
      { enrolment: add.ceremony, response: created, label },
      HERE,
    ),
    'the authenticator of another': identity.setPassword(bob.signedIn.session, {
      password: GOOD,
      setup: setup.setup,
      code,
    }),
    'an authenticator as an enrolment': identity.enrolPassword({ enrolment: setup.setup, password: GOOD, code }, HERE),
    'another name of the machine': identity.signInPasskey({ ceremony: signIn.ceremony, response: answer }, other),
    'another port': identity.signInPasskey(
      { ceremony: signIn.ceremony, response: passkey.get(signIn.options, 'https://phones.example.com') },
      HERE,
    ),
    'an altered ceremony': identity.signInPasskey(
      { ceremony: `${signIn.ceremony.slice(0, -2)}AA`, response: answer },
      HERE,
    ),
    'an endless ceremony': identity.signInPasskey({ ceremony: 'v1.'.repeat(100_000), response: answer }, HERE),
  }
  for (const [name, outcome] of Object.entries(outcomes)) {
    assert.match(codeOf(await outcome), /^PEOPLE_(WRONG_CREDENTIALS|EXPIRED)$/, name)
  }
})

test('a passkey at another name of the machine is another passkey', async () => {
  const made = world()
  const { identity } = made
  const { passkey } = await owner(made)
  const other: Origin = { ...HERE, host: 'other.example.com:8443' }
  const { ceremony, options } = got(await identity.beginPasskey(other))
  const response = passkey.get(options, 'https://other.example.com:8443')
  assert.equal(codeOf(await identity.signInPasskey({ ceremony, response }, other)), 'PEOPLE_WRONG_CREDENTIALS')
})

test('an answer that names another person signs nobody in', async () => {
  const made = world()
  const { identity } = made
  const { passkey } = await owner(made)
  const { ceremony, options } = got(await identity.beginPasskey(HERE))
  const response = passkey.get(options, ORIGIN, { userHandle: Buffer.from('somebody else').toString('base64url') })
  assert.equal(codeOf(await identity.signInPasskey({ ceremony, response }, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
})

test('of many uses of one answer, link or recovery code at once, one counts', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker, passkey } = await owner(made)
  const one = (results: readonly string[]) => assert.equal(results.filter(each => each === 'accepted').length, 1)
  const { ceremony, options } = got(await identity.beginPasskey(HERE))
  const response = passkey.get(options, ORIGIN)
  const signIns = [1, 2, 3].map(() => identity.signInPasskey({ ceremony, response }, HERE))
  one((await Promise.all(signIns)).map(codeOf))
  const link = got(
    await identity.invite(asker, { organisationId: undefined, email: 'eve@example.com', name: 'Eve', role: 'auditor' }),
  )
  const enrolments = await Promise.all(
    [1, 2, 3].map(async () => {
      const opened = got(await identity.openEnrolment(tokenOf(link.url), HERE))
      const made = createSoftPasskey().create(opened.passkey, ORIGIN)
      return codeOf(await identity.enrolPasskey({ enrolment: opened.enrolment, response: made, label: '' }, HERE))
    }),
  )
  one(enrolments)
  const { email, codes } = await withPassword(made, asker)
  clock.advance(MINUTE)
  const returns = [1, 2, 3].map(() => identity.signInPassword({ email, password: GOOD, code: codes[0]! }, HERE))
  one((await Promise.all(returns)).map(codeOf))
})

test('a passkey of somebody else is not registered a second time', async () => {
  const made = world()
  const { identity } = made
  const { asker, passkey } = await owner(made)
  const bob = await withPassword(made, asker)
  const { ceremony, options } = got(await identity.beginAddPasskey(bob.signedIn.session))
  const response = passkey.create(options, ORIGIN)
  const added = await identity.addPasskey(bob.signedIn.session, { ceremony, response, label: '' })
  assert.equal(codeOf(added), 'PEOPLE_EXISTS')
  const invited = got(
    await identity.invite(asker, { organisationId: undefined, email: 'eve@example.com', name: 'Eve', role: 'auditor' }),
  )
  const opened = got(await identity.openEnrolment(tokenOf(invited.url), HERE))
  const stolen = passkey.create(opened.passkey, ORIGIN)
  const enrolled = await identity.enrolPasskey({ enrolment: opened.enrolment, response: stolen, label: '' }, HERE)
  assert.equal(codeOf(enrolled), 'PEOPLE_EXISTS')
})

test('a recovery code with a stolen password takes no factor away', async () => {
  const made = world()
  const { identity } = made
  const { asker } = await owner(made)
  const { email, codes, signedIn } = await withPassword(made, asker)
  const add = got(await identity.beginAddPasskey(signedIn.session))
  const response = createSoftPasskey().create(add.options, ORIGIN)
  const passkey = got(await identity.addPasskey(signedIn.session, { ceremony: add.ceremony, response, label: '' }))
  const { session } = got(await identity.signInPassword({ email, password: GOOD, code: codes[0]! }, HERE))
  assert.equal(codeOf(await identity.removePasskey(session, passkey.id)), 'PEOPLE_FORBIDDEN')
  assert.equal(codeOf(await identity.removePassword(session)), 'PEOPLE_FORBIDDEN')
  assert.equal(codeOf(await identity.newRecoveryCodes(session)), 'PEOPLE_FORBIDDEN')
})

test('that a clock is off is said to who knows the password, and not of a code that was taken', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker } = await owner(made)
  const { email, secret } = await withPassword(made, asker)
  const used = codeAt(secret, clock.now())
  assert.equal(codeOf(await identity.signInPassword({ email, password: GOOD, code: used }, HERE)), 'accepted')
  clock.advance(5 * MINUTE)
  const late = codeAt(secret, clock.now() - 3 * MINUTE)
  const wrong = await identity.signInPassword({ email, password: 'wrong password here', code: late }, HERE)
  assert.equal(codeOf(wrong), 'PEOPLE_WRONG_CREDENTIALS')
  const skewed = await identity.signInPassword({ email, password: GOOD, code: late }, HERE)
  assert.ok(!skewed.ok && skewed.error.code === 'PEOPLE_CLOCK_SKEW' && /3 min behind/.test(skewed.error.message))
  const replayed = await identity.signInPassword({ email, password: GOOD, code: used }, HERE)
  assert.equal(codeOf(replayed), 'PEOPLE_WRONG_CREDENTIALS')
})

test('a suspended account is refused like one that is not there, whatever is given', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker } = await owner(made)
  const { email, secret, codes, signedIn } = await withPassword(made, asker)
  const { id } = signedIn.session.person
  got(await identity.suspend(asker, id, 'left'))
  for (const code of [codeAt(secret, clock.now()), codes[0]!]) {
    assert.equal(
      codeOf(await identity.signInPassword({ email, password: GOOD, code }, HERE)),
      'PEOPLE_WRONG_CREDENTIALS',
    )
  }
  assert.equal(codeOf(await identity.reinvite(asker, id, 'lost')), 'PEOPLE_INVALID')
  got(await identity.restore(asker, id, 'is back'))
  const code = codeAt(secret, clock.now())
  assert.equal(
    codeOf(await identity.signInPassword({ email, password: GOOD, code }, HERE)),
    'accepted',
    'nothing was used',
  )
  assert.equal(await identity.session(signedIn.token.reveal(), HERE), undefined, 'what was over stays over')
})

test('a provider opens only the account that its subject is bound to, and steps nobody up', async () => {
  const made = world()
  const { identity } = made
  const { asker } = await owner(made)
  const { email, signedIn } = await withPassword(made, asker)
  const said = { provider: 'work', issuer: 'https://id.example.com', subject: '1', email }
  const first = got(await identity.signInProvider(said, ELSEWHERE))
  assert.deepEqual([first.session.method, first.session.steppedUpUntil], ['oidc', 0])
  const again = { ...said, email: 'ada@example.com' }
  assert.equal(got(await identity.signInProvider(again, HERE)).session.person.email, email, 'the subject counts')
  assert.equal(codeOf(await identity.signInProvider({ ...said, subject: '2' }, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
  const unknown = { ...said, subject: '3', email: 'nobody@example.com' }
  assert.equal(codeOf(await identity.signInProvider(unknown, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
  const invited = { organisationId: undefined, email: 'eve@example.com', name: 'Eve', role: 'owner' as const }
  got(await identity.invite(asker, invited))
  const early = { ...said, subject: '4', email: 'eve@example.com' }
  assert.equal(codeOf(await identity.signInProvider(early, HERE)), 'PEOPLE_WRONG_CREDENTIALS', 'not without a factor')
  got(await identity.suspend(asker, signedIn.session.person.id, 'left'))
  assert.equal(codeOf(await identity.signInProvider(said, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
})

test('where browsers have no passkeys, none is offered', async () => {
  const made = world()
  const link = await made.identity.firstOwnerLink()
  for (const host of ['192.0.2.1:8443', '[2001:db8::1]:8443']) {
    const opened = got(await made.identity.openEnrolment(tokenOf(link!.url), { ...HERE, host }))
    assert.equal(opened.passkey, null)
  }
})

test('the first owner may say again who they are, until they have enrolled', async () => {
  const { identity } = world()
  const token = tokenOf((await identity.firstOwnerLink())!.url)
  got(await identity.openEnrolment(token, HERE, { email: 'ada@exmaple.com', name: 'Ada' }))
  assert.equal(got(await identity.openEnrolment(token, HERE)).needsName, true)
  const opened = got(await identity.openEnrolment(token, HERE, { email: 'ada@example.com', name: 'Ada' }))
  assert.deepEqual([opened.needsName, opened.person.email], [false, 'ada@example.com'])
  const response = createSoftPasskey().create(opened.passkey, ORIGIN)
  const done = got(await identity.enrolPasskey({ enrolment: opened.enrolment, response, label: '' }, HERE))
  const invited = { organisationId: undefined, email: 'eve@example.com', name: 'Eve', role: 'auditor' as const }
  const other = got(await identity.invite(askerOf(done), invited))
  const who = { email: 'mallory@example.com', name: 'M' }
  const named = got(await identity.openEnrolment(tokenOf(other.url), HERE, who))
  assert.equal(named.person.email, 'eve@example.com', 'of others it was said in the invitation')
})

test('the answer of a passkey that does not count its uses is taken once, too', async () => {
  const made = world()
  const { identity } = made
  const { passkey, signedIn } = await owner(made)
  const { ceremony, options } = got(await identity.beginPasskey(HERE))
  const response = passkey.get(options, ORIGIN, { counter: 0 })
  assert.equal(codeOf(await identity.signInPasskey({ ceremony, response }, HERE)), 'accepted')
  assert.equal(codeOf(await identity.signInPasskey({ ceremony, response }, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
  const step = got(await identity.beginStepUp(signedIn.session)).ceremony!
  const answer = { ceremony: step.ceremony, response: passkey.get(step.options, ORIGIN, { counter: 0 }) }
  assert.equal(codeOf(await identity.stepUp(signedIn.session, answer, HERE)), 'accepted')
  assert.equal(codeOf(await identity.stepUp(signedIn.session, answer, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
})

test('who has the lost device is out as soon as the new one is enrolled', async () => {
  const made = world()
  const { identity } = made
  const { passkey, signedIn } = await owner(made)
  const link = got(await identity.reinvite(MACHINE, signedIn.session.person.id, 'lost'))
  const { ceremony, options } = got(await identity.beginPasskey(HERE))
  const thief = got(await identity.signInPasskey({ ceremony, response: passkey.get(options, ORIGIN) }, HERE))
  const opened = got(await identity.openEnrolment(tokenOf(link.url), HERE))
  const response = createSoftPasskey().create(opened.passkey, ORIGIN)
  got(await identity.enrolPasskey({ enrolment: opened.enrolment, response, label: '' }, HERE))
  assert.equal(await identity.session(thief.token.reveal(), HERE), undefined)
  const next = got(await identity.beginPasskey(HERE))
  const late = { ceremony: next.ceremony, response: passkey.get(next.options, ORIGIN) }
  assert.equal(codeOf(await identity.signInPasskey(late, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
})

test('a link of a suspended account opens nothing, and what began at one name of the machine does not end at another', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker } = await owner(made)
  const input = { organisationId: undefined, email: 'eve@example.com', name: 'Eve', role: 'auditor' } as const
  const { person, url } = got(await identity.invite(asker, input))
  const { enrolment, passkey, totp } = got(await identity.openEnrolment(tokenOf(url), HERE))
  const other: Origin = { ...HERE, host: 'other.example.com:8443' }
  const code = codeAt(totp.secret, clock.now())
  assert.equal(codeOf(await identity.enrolPassword({ enrolment, password: GOOD, code }, other)), 'PEOPLE_EXPIRED')
  const response = createSoftPasskey().create(passkey, 'https://other.example.com:8443')
  assert.equal(codeOf(await identity.enrolPasskey({ enrolment, response, label: '' }, other)), 'PEOPLE_EXPIRED')
  got(await identity.suspend(asker, person.id, 'by mistake'))
  assert.equal(codeOf(await identity.openEnrolment(tokenOf(url), HERE)), 'PEOPLE_EXPIRED')
  assert.equal(codeOf(await identity.enrolPassword({ enrolment, password: GOOD, code }, HERE)), 'PEOPLE_EXPIRED')
  assert.equal(got(await identity.restore(asker, person.id, 'it was one')).state, 'invited')
  assert.equal(codeOf(await identity.openEnrolment(tokenOf(url), HERE)), 'accepted')
})
