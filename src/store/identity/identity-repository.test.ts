/** The contract of the repository of people: the fake that this room's users test with, and the embedded PostgreSQL. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { type ApiKeyId, newId, type OrganisationId, type PersonId, type SessionId } from '../../base/ids.ts'
import { silentLogger } from '../../base/logger.ts'
import { Secret } from '../../base/secret.ts'
import { createFakeIdentityRepository } from '../../identity/fake-repository.ts'
import type {
  IdentityRepository,
  StoredApiKey,
  StoredPasskey,
  StoredPerson,
  StoredSession,
} from '../../identity/repository.ts'
import { createDatabase, type Database } from '../database.ts'
import { openTestStore, organisation, temporaryFolder } from '../test-support/fixtures.ts'
import type { Store } from '../types.ts'

const NOW = Date.now()
const folder = temporaryFolder()
const [one, two] = [organisation('one.example'), organisation('two.example')] as const
let store: Store
let raw: Database

before(async () => {
  store = await openTestStore(folder.path)
  const password = readFileSync(join(folder.path, 'keys', 'database.password'), 'utf8').trim()
  const host = join(folder.path, 'database', 'run')
  const connection = { host, port: 5432, user: 'ringfence', password, database: 'postgres' }
  raw = createDatabase({ connection, clock: systemClock, logger: silentLogger })
  for (const each of [one, two]) await store.directory.insertOrganisation(each)
})
after(async () => {
  await raw.close()
  await store.close()
  folder.remove()
})

function contract(name: string, run: (repository: IdentityRepository) => Promise<void>): void {
  test(`${name} (fake)`, () => run(createFakeIdentityRepository()))
  test(`${name} (PostgreSQL)`, () => run(store.identity))
}

let count = 0

function person(change: Partial<StoredPerson> = {}, about: Partial<StoredPerson['person']> = {}): StoredPerson {
  return {
    person: {
      id: newId<'PersonId'>(NOW),
      organisationId: undefined,
      email: `person-${++count}@example.com`,
      name: 'Ada "the\\first" \u0000\ud83d\ude00',
      role: 'auditor',
      extension: undefined,
      state: 'active',
      createdAt: NOW,
      lastSignInAt: undefined,
      ...about,
    },
    version: 1,
    passkeys: [],
    password: undefined,
    totp: undefined,
    recoveryCodes: [],
    invitation: undefined,
    subjects: [],
    networks: [],
    ...change,
  }
}

function passkey(credentialId: string): StoredPasskey {
  const id = newId<'PasskeyId'>(NOW)
  const key = { publicKey: 'AA', counter: 4, transports: ['usb'], rpId: 'example.com', label: 'Key', backedUp: false }
  return { id, credentialId, ...key, createdAt: NOW, lastUsedAt: undefined }
}

function session(personId: PersonId, change: Partial<StoredSession> = {}): StoredSession {
  return {
    id: newId<'SessionId'>(NOW),
    tokenHash: `hash-${++count}`,
    previous: undefined,
    personId,
    method: 'passkey',
    address: '2001:db8::1',
    userAgent: 'Browser "1"\n',
    host: 'example.com:8443',
    createdAt: NOW,
    lastSeenAt: NOW,
    until: NOW + 1_000_000,
    steppedUpUntil: 0,
    mustEnrol: true,
    csrf: 'csrf',
    ...change,
  }
}

contract('a person is kept as given, and found by all that is theirs', async repository => {
  const [credential, other] = [`long-${'x'.repeat(1_300)}-${count}`, `short-${count}`]
  const full = person(
    {
      passkeys: [passkey(credential), { ...passkey(other), lastUsedAt: NOW }],
      password: { hash: 'argon2id$…', changedAt: NOW },
      totp: { secret: new Secret('JBSWY3DPEHPK3PXP'), createdAt: NOW, lastStep: 58_000_000 },
      recoveryCodes: ['a', 'b'],
      invitation: { hash: `invitation-${count}`, expiresAt: NOW, recovery: true, first: false },
      subjects: [{ issuer: 'https://id.example', subject: `s ${count}` }],
      networks: [{ network: '192.0.2.0/24', lastSeenAt: NOW }],
    },
    { role: 'user', extension: '101', lastSignInAt: NOW },
  )
  const bare = person()
  for (const each of [full, bare]) assert.equal(await repository.insertPerson(each), true)
  for (const key of [
    { id: full.person.id },
    { email: full.person.email },
    { credentialId: credential },
    { credentialId: other },
    { invitation: full.invitation!.hash },
    full.subjects[0]!,
  ]) {
    const found = await repository.personBy(key)
    assert.deepEqual(
      { ...found, totp: { ...found?.totp, secret: '' } },
      { ...full, totp: { ...full.totp, secret: '' } },
    )
    assert.equal(found?.totp?.secret.reveal(), 'JBSWY3DPEHPK3PXP')
  }
  assert.deepEqual(await repository.personBy({ id: bare.person.id }), bare)
  for (const nobody of [
    { id: 'x' as PersonId },
    { id: newId<'PersonId'>(NOW) },
    { email: 'x\u0000' },
    { email: full.person.email.toUpperCase() },
    { credentialId: 'x' },
    { invitation: 'x\u0000' },
    { issuer: 'https://id.example', subject: 'x' },
  ])
    assert.equal(await repository.personBy(nobody), undefined)
})

contract('an address, a passkey and a subject are one person’s', async repository => {
  const subject = { issuer: 'https://id.example', subject: `taken-${count}` }
  const first = person({ passkeys: [passkey(`taken-${count}`)], subjects: [subject] })
  assert.equal(await repository.insertPerson(first), true)
  assert.equal(await repository.insertPerson(person({}, { email: first.person.email })), false)
  const thieves = [{ passkeys: [passkey(first.passkeys[0]!.credentialId)] }, { subjects: [subject] }]
  for (const theft of thieves) {
    const thief = person(theft)
    await assert.rejects(repository.insertPerson(thief), { code: 'STORE_WRITE_REFUSED' })
    assert.equal(await repository.personBy({ id: thief.person.id }), undefined, 'nothing of it is left')
    const honest = person()
    await repository.insertPerson(honest)
    await assert.rejects(repository.replacePerson({ ...honest, ...theft, version: 2 }), { code: 'STORE_WRITE_REFUSED' })
    assert.deepEqual(await repository.personBy({ id: honest.person.id }), honest)
  }
  assert.equal((await repository.personBy(subject))?.person.id, first.person.id)
  const without = { ...first, version: 2, passkeys: [], subjects: [] }
  assert.equal(await repository.replacePerson(without), true)
  assert.equal(await repository.personBy(subject), undefined)
  assert.equal(await repository.insertPerson(person(thieves[0])), true, 'what was given up is free')
})

contract('of many changes at once to one version, one is made', async repository => {
  const stored = person()
  await repository.insertPerson(stored)
  const changes = ['a', 'b', 'c', 'd'].map(name =>
    repository.replacePerson({ ...stored, version: 2, person: { ...stored.person, name } }),
  )
  assert.equal((await Promise.all(changes)).filter(Boolean).length, 1)
  assert.equal(await repository.replacePerson({ ...stored, version: 2 }), false)
  assert.equal(await repository.replacePerson({ ...person(), version: 2 }), false, 'who is not there is not made')
})

contract('people are listed by organisation and role', async repository => {
  const before = await repository.countPeople()
  const ours = person({}, { organisationId: one.id, role: 'owner' })
  const user = person({}, { organisationId: one.id, role: 'user' })
  const theirs = person({}, { organisationId: two.id, role: 'owner' })
  for (const each of [ours, user, theirs]) await repository.insertPerson(each)
  const ids = async (filter: { organisationId?: OrganisationId; role?: 'owner' }) =>
    (await repository.people(filter)).map(each => each.person.id)
  assert.deepEqual(new Set(await ids({ organisationId: one.id })), new Set([ours.person.id, user.person.id]))
  assert.deepEqual(await ids({ organisationId: two.id, role: 'owner' }), [theirs.person.id])
  assert.deepEqual(new Set(await ids({ role: 'owner' })), new Set([ours.person.id, theirs.person.id]))
  assert.equal(await repository.countPeople(), before + 3)
  assert.equal((await repository.people()).length, before + 3)
  for (const each of [ours, user, theirs]) await repository.deletePerson(each.person.id)
  assert.equal(await repository.countPeople(), before)
})

contract(
  'a session is found by its hash, changed in part, and ends alone, with others, or with its person',
  async repository => {
    const [ada, bob] = [person(), person()]
    for (const each of [ada, bob]) await repository.insertPerson(each)
    const [a, b, c] = [session(ada.person.id), session(ada.person.id), session(bob.person.id)] as const
    for (const each of [a, b, c]) await repository.insertSession(each)
    assert.deepEqual(await repository.sessionByToken(a.tokenHash), a)
    assert.deepEqual(await repository.session(a.id), a)
    assert.equal(await repository.sessionByToken('x'), undefined)
    assert.equal(await repository.session('x' as SessionId), undefined)
    await repository.updateSession(a.id, { lastSeenAt: NOW + 5, steppedUpUntil: NOW + 9 })
    await repository.updateSession(a.id, { mustEnrol: false })
    await repository.updateSession(a.id, { lastSeenAt: NOW + 1 })
    assert.deepEqual(await repository.session(a.id), {
      ...a,
      lastSeenAt: NOW + 5,
      steppedUpUntil: NOW + 9,
      mustEnrol: false,
    })
    assert.equal(await repository.renewSession(b.id, 'renewed', NOW + 10), true)
    const renewed = { ...b, tokenHash: 'renewed', previous: { tokenHash: b.tokenHash, until: NOW + 10 } }
    for (const hash of ['renewed', b.tokenHash]) assert.deepEqual(await repository.sessionByToken(hash), renewed)
    await repository.deleteSessionsOf(ada.person.id, a.id)
    assert.equal(await repository.renewSession(b.id, 'again', NOW + 10), false)
    assert.deepEqual(
      (await repository.sessions(ada.person.id)).map(each => each.id),
      [a.id],
    )
    assert.equal(await repository.deleteSession(a.id), true)
    assert.equal(await repository.deleteSession(a.id), false)
    assert.equal(await repository.deleteSession('x' as SessionId), false)
    await repository.updateSession(a.id, { mustEnrol: false })
    assert.equal(await repository.session(a.id), undefined, 'what ended does not come back')
    await repository.deletePerson(bob.person.id)
    assert.equal(await repository.sessionByToken(c.tokenHash), undefined)
  },
)

contract('what is over or idle is forgotten, and an id is used once', async repository => {
  const ada = person()
  await repository.insertPerson(ada)
  const over = session(ada.person.id, { until: NOW - 10 })
  const idle = session(ada.person.id, { lastSeenAt: NOW - 2_000 })
  const open = session(ada.person.id)
  for (const each of [over, idle, open]) await repository.insertSession(each)
  const id = `once-${count}`
  const tries = await Promise.all([1, 2, 3].map(() => repository.useOnce(id, NOW + 100)))
  assert.equal(tries.filter(Boolean).length, 1)
  await repository.deleteExpired(NOW, NOW - 1_000)
  assert.deepEqual(
    (await repository.sessions(ada.person.id)).map(each => each.id),
    [open.id],
  )
  assert.equal(await repository.useOnce(id, NOW + 100), false)
  await repository.deleteExpired(NOW + 100, NOW - 1_000)
  assert.equal(await repository.useOnce(id, NOW + 200), true)
})

contract('keys of programs', async repository => {
  const key: StoredApiKey = {
    id: newId<'ApiKeyId'>(NOW),
    organisationId: undefined,
    name: 'monitoring "1"',
    scopes: ['status:read'],
    networks: ['192.0.2.0/24'],
    createdAt: NOW,
    createdBy: 'ada@example.com',
    expiresAt: NOW + 5,
    lastUsedAt: undefined,
    hash: 'hash',
  }
  await repository.insertApiKey(key)
  assert.deepEqual(await repository.apiKey(key.id), key)
  assert.equal(await repository.apiKey('x' as ApiKeyId), undefined)
  await repository.touchApiKey(key.id, NOW + 1)
  assert.deepEqual(await repository.apiKeys(), [{ ...key, lastUsedAt: NOW + 1 }])
  assert.equal(await repository.deleteApiKey(key.id), true)
  assert.equal(await repository.deleteApiKey(key.id), false)
})

test('nothing in the tables opens a door: the secret of an authenticator is sealed for its person', async () => {
  const secret = 'KRUGS4ZANFZSAYJAONSWG4TFOQ'
  const ada = person({ totp: { secret: new Secret(secret), createdAt: NOW, lastStep: 0 } })
  await store.identity.insertPerson(ada)
  const dump = await raw.query({ text: 'SELECT * FROM people' })
  assert.doesNotMatch(JSON.stringify(dump), new RegExp(secret))
  assert.ok(dump.some(row => String(row['sealed_totp']).includes(`people.sealed_totp:${ada.person.id}`)))
})
