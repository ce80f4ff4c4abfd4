/** What somebody who wants more than they may would try with sessions, keys and rights, each of which has to fail. */
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
  const [reading, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const read = repository.personBy
  repository.personBy = async key => {
    const found = await read(key)
    reading.resolve()
    await slow.promise
    return found
  }
  const onItsWay = identity.session(other.token.reveal(), HERE)
  await reading.promise
  repository.personBy = read
  got(await identity.revoke(asker, other.session.id))
  slow.resolve()
  await onItsWay
  assert.equal(await identity.session(other.token.reveal(), HERE), undefined, 'what was read before is not remembered')
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

test('a step-up of one session steps no other one up, not even of the same person', async () => {
  const made = world()
  const { identity } = made
  const { passkey, signedIn } = await owner(made)
  const { ceremony, options } = got(await identity.beginPasskey(HERE))
  const other = got(await identity.signInPasskey({ ceremony, response: passkey.get(options, ORIGIN) }, HERE))
  const step = got(await identity.beginStepUp(signedIn.session)).ceremony!
  const answer = { ceremony: step.ceremony, response: passkey.get(step.options, ORIGIN) }
  assert.equal(codeOf(await identity.stepUp(other.session, answer, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
})

test('what another node did to a person or a session is in force here within seconds', async () => {
  const made = world()
  const { identity, repository, clock } = made
  const { asker } = await owner(made)
  const { signedIn } = await withPassword(made, asker)
  const token = signedIn.token.reveal()
  assert.notEqual(await identity.session(token, HERE), undefined)
  const stored = (await repository.personBy({ id: signedIn.session.person.id }))!
  const person = { ...stored.person, state: 'suspended' as const }
  assert.equal(await repository.replacePerson({ ...stored, person, version: stored.version + 1 }), true)
  clock.advance(2_000)
  assert.equal(await identity.session(token, HERE), undefined)
})

test('rights do not outlive a role: the sessions of who is demoted end', async () => {
  const made = world()
  const { identity } = made
  const { asker } = await owner(made)
  const { signedIn } = await withPassword(made, asker)
  got(await identity.change(asker, signedIn.session.person.id, { name: 'Robert' }))
  assert.notEqual(await identity.session(signedIn.token.reveal(), HERE), undefined)
  got(await identity.change(asker, signedIn.session.person.id, { role: 'auditor' }))
  assert.equal(await identity.session(signedIn.token.reveal(), HERE), undefined)
})

test('an administrator ends no session of an owner, and an owner of an organisation is none of the installation', async () => {
  const made = world()
  const { identity } = made
  const { asker, signedIn } = await owner(made)
  const admin = askerOf((await withPassword(made, asker)).signedIn)
  assert.equal(codeOf(await identity.revoke(admin, signedIn.session.id)), 'PEOPLE_FORBIDDEN')
  assert.equal(codeOf(await identity.suspend(admin, signedIn.session.person.id, 'x')), 'PEOPLE_FORBIDDEN')
  const theirs = {
    organisationId: 'org-1' as OrganisationId,
    email: 'eve@example.com',
    name: 'Eve',
    role: 'owner',
  } as const
  const opened = got(await identity.openEnrolment(tokenOf(got(await identity.invite(asker, theirs)).url), HERE))
  const response = createSoftPasskey().create(opened.passkey, ORIGIN)
  const eve = got(await identity.enrolPasskey({ enrolment: opened.enrolment, response, label: '' }, HERE))
  assert.equal(codeOf(await identity.remove(asker, signedIn.session.person.id)), 'PEOPLE_LAST_OWNER')
  assert.equal(codeOf(await identity.remove(MACHINE, signedIn.session.person.id)), 'PEOPLE_LAST_OWNER')
  assert.equal(codeOf(await identity.suspend(asker, eve.session.person.id, 'x')), 'accepted')
})

test('a step-up changes the token: whoever has the one before gets no rights by it, and is out in seconds', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker } = await owner(made)
  const { signedIn, secret } = await withPassword(made, asker)
  clock.advance(5 * MINUTE)
  const stolen = signedIn.token.reveal()
  const before = (await identity.session(stolen, HERE))!
  const stepped = got(await identity.stepUp(before, { code: codeAt(secret, clock.now()) }, HERE))
  const token = stepped.token.reveal()
  assert.notEqual(token, stolen)
  assert.equal(stepped.session.csrf, before.csrf, 'an open page goes on')
  assert.ok((await identity.session(token, HERE))!.steppedUpUntil > clock.now())
  assert.equal((await identity.session(stolen, HERE))?.steppedUpUntil, 0, 'a request that was on its way is answered')
  clock.advance(10_000)
  assert.equal(await identity.session(stolen, HERE), undefined)
  assert.ok((await identity.session(token, HERE))!.steppedUpUntil > clock.now(), 'the session itself goes on')
})

test('who is suspended, or whose factors are replaced, at the moment of a sign-in has no session', async () => {
  for (const change of ['suspend', 'replace'] as const) {
    const made = world()
    const { identity, repository } = made
    const { passkey, signedIn } = await owner(made)
    const { id } = signedIn.session.person
    const insert = repository.insertSession
    repository.insertSession = async session => {
      await insert(session)
      repository.insertSession = insert
      const stored = (await repository.personBy({ id }))!
      const person = change === 'suspend' ? { ...stored.person, state: 'suspended' as const } : stored.person
      const passkeys = change === 'replace' ? [] : stored.passkeys
      assert.ok(await repository.replacePerson({ ...stored, person, passkeys, version: stored.version + 1 }))
    }
    const { ceremony, options } = got(await identity.beginPasskey(HERE))
    const late = await identity.signInPasskey({ ceremony, response: passkey.get(options, ORIGIN) }, HERE)
    assert.equal(codeOf(late), 'PEOPLE_EXPIRED', change)
    assert.equal((await repository.sessions(id)).length, 1, 'the one from before')
  }
})

test('one person has twenty sessions; the oldest makes room', async () => {
  const made = world()
  const { identity, clock } = made
  const { passkey, signedIn } = await owner(made)
  for (let index = 0; index < 25; index++) {
    clock.advance(1_000)
    const { ceremony, options } = got(await identity.beginPasskey(HERE))
    got(await identity.signInPasskey({ ceremony, response: passkey.get(options, ORIGIN) }, HERE))
  }
  assert.equal((await identity.sessions(MACHINE)).length, 20)
  assert.equal(await identity.session(signedIn.token.reveal(), HERE), undefined)
})

test('a key that is used from elsewhere fills no log', async () => {
  const made = world()
  const { identity, clock, typesOf } = made
  const { asker, signedIn } = await owner(made)
  const input = {
    organisationId: undefined,
    name: 'k',
    scopes: ['status:read'] as const,
    networks: ['192.0.2.7'],
    expiresAt: clock.now() + MINUTE,
  }
  const { secret } = got(await identity.addApiKey(asker, signedIn.session.permissions, input))
  for (let index = 0; index < 100; index++) {
    assert.equal(await identity.apiKey(secret.reveal(), ELSEWHERE), undefined)
  }
  assert.equal(typesOf().filter(type => type === 'people.api-key-refused').length, 30)
})
