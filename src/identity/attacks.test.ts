/** What somebody who wants in would try, each of which has to fail. */
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
import type { OrganisationId } from '../base/ids.ts'
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

test('each sign-in has its own token, and none that a browser brought along or had before is taken', async () => {
  const made = world()
  const { identity } = made
  const { passkey, signedIn } = await owner(made)
  const again = async () => {
    const { ceremony, options } = got(await identity.beginPasskey(HERE))
    return got(await identity.signInPasskey({ ceremony, response: passkey.get(options, ORIGIN) }, HERE))
  }
  const sessions = [signedIn, await again(), await again()]
  assert.equal(new Set(sessions.map(each => each.token.reveal())).size, 3)
  assert.equal(new Set(sessions.map(each => each.session.csrf)).size, 3)
  const planted = 'A'.repeat(43)
  assert.equal(await identity.session(planted, HERE), undefined)
  await identity.signOut(sessions[1]!.session)
  assert.equal(await identity.session(sessions[1]!.token.reveal(), HERE), undefined)
  assert.notEqual(await identity.session(sessions[2]!.token.reveal(), HERE), undefined)
})

test('a session that somebody ends is over for a request that is on its way', async () => {
  const made = world()
  const { identity, repository } = made
  const { asker, signedIn, passkey } = await owner(made)
  const token = signedIn.token.reveal()
  assert.notEqual(await identity.session(token, HERE), undefined, 'it is remembered now')
  const { ceremony, options } = got(await identity.beginPasskey(HERE))
  const other = got(await identity.signInPasskey({ ceremony, response: passkey.get(options, ORIGIN) }, HERE))
  const slow = Promise.withResolvers<void>()
  const read = repository.personBy
  repository.personBy = async key => {
    const found = await read(key)
    await slow.promise
    return found
  }
  const onItsWay = identity.session(other.token.reveal(), HERE)
  await Promise.resolve()
  repository.personBy = read
  const ended = identity.revoke(asker, other.session.id)
  slow.resolve()
  got(await ended)
  await onItsWay
  assert.equal(await identity.session(other.token.reveal(), HERE), undefined, 'what was read before is not remembered')
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

test('who guesses at the second factor of a stolen session loses the session after five', async () => {
  const made = world()
  const { identity, clock, typesOf } = made
  const { asker } = await owner(made)
  const { signedIn, secret } = await withPassword(made, asker)
  const outcomes: string[] = []
  for (let guess = 0; guess < 7; guess++) {
    outcomes.push(codeOf(await identity.stepUp(signedIn.session, { code: '000000' }, HERE)))
  }
  assert.deepEqual(outcomes.slice(0, 5), [...Array(4).fill('PEOPLE_WRONG_CREDENTIALS'), 'PEOPLE_LOCKED'])
  assert.ok(typesOf().includes('people.locked'))
  assert.equal(await identity.session(signedIn.token.reveal(), HERE), undefined)
  const code = codeAt(secret, clock.now())
  assert.equal(codeOf(await identity.stepUp(signedIn.session, { code }, HERE)), 'PEOPLE_LOCKED')
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

test('keys and sessions of another organisation do not exist', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker, signedIn } = await owner(made)
  const [ours, theirs] = ['org-1', 'org-2'] as OrganisationId[]
  const key = { name: 'k', scopes: ['status:read'] as const, networks: [], expiresAt: clock.now() + MINUTE }
  const { permissions } = signedIn.session
  const foreign = got(await identity.addApiKey(asker, permissions, { ...key, organisationId: theirs })).key
  const wide = got(await identity.addApiKey(asker, permissions, { ...key, organisationId: undefined })).key
  const admin = { actor: { kind: 'person', name: 'x', id: 'x' }, organisationId: ours, role: 'owner' } as const
  assert.deepEqual(await identity.apiKeys(admin), [])
  for (const { id } of [foreign, wide]) {
    assert.equal(codeOf(await identity.removeApiKey(admin, id)), 'PEOPLE_UNKNOWN')
  }
  for (const organisationId of [theirs, undefined]) {
    const added = await identity.addApiKey(admin, permissions, { ...key, organisationId })
    assert.equal(codeOf(added), 'PEOPLE_FORBIDDEN')
  }
  const firewall = { ...key, organisationId: ours, scopes: ['firewall:write'] as const }
  assert.equal(codeOf(await identity.addApiKey(asker, permissions, firewall)), 'PEOPLE_FORBIDDEN')
  assert.equal(codeOf(await identity.revoke(admin, signedIn.session.id)), 'PEOPLE_UNKNOWN')
  assert.deepEqual(await identity.sessions(admin, signedIn.session.person.id), [])
})

test('nobody fills the log: a network that sends nonsense is told of so often and not more', async () => {
  const made = world()
  const { identity, typesOf } = made
  await owner(made)
  const before = typesOf().length
  for (let index = 0; index < 200; index++) {
    await identity.signInPasskey({ ceremony: 'x', response: {} }, ELSEWHERE)
  }
  assert.equal(typesOf().length - before, 30)
  for (let index = 0; index < 200; index++) {
    await identity.signInPassword({ email: `a${index}@example.com`, password: 'x', code: '' }, ELSEWHERE)
  }
  assert.ok(typesOf().length - before <= 30 + 30 + 2)
})

test('no event, refusal or view has a password, a code, a token or a secret in it', async () => {
  const made = world()
  const { identity, clock, events } = made
  const { asker, signedIn } = await owner(made)
  const link = got(
    await identity.invite(asker, { organisationId: undefined, email: 'eve@example.com', name: 'Eve', role: 'auditor' }),
  )
  const bob = await withPassword(made, asker)
  const refused = await identity.signInPassword({ email: bob.email, password: GOOD, code: '000000' }, HERE)
  const code = bob.codes[0]!
  const back = got(await identity.signInPassword({ email: bob.email, password: GOOD, code }, HERE))
  const seen = [
    events,
    refused,
    signedIn,
    back,
    await identity.people(MACHINE),
    await identity.sessions(MACHINE),
    await identity.factors(bob.signedIn.session),
  ]
  const text = JSON.stringify(seen)
  const secrets = [
    GOOD,
    code,
    bob.secret,
    tokenOf(link.url),
    signedIn.token.reveal(),
    back.token.reveal(),
    codeAt(bob.secret, clock.now()),
    'argon2id',
  ]
  for (const secret of secrets) assert.ok(!text.includes(secret), secret)
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
