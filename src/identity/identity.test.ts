import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret as Key, TOTP } from 'otpauth'
import { createSoftPasskey, type PasskeyTricks } from '../../test/support/soft-passkey.ts'
import { ManualClock } from '../base/clock.ts'
import type { OrganisationId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { createEventBus } from '../events/bus.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { createSealer } from '../keys/sealer.ts'
import { randomBytes } from '../base/random.ts'
import { createFakeIdentityRepository } from './fake-repository.ts'
import { createIdentity } from './identity.ts'
import type { Asker, Enrolment, IdentityRefusal, Origin, Role, SignedIn } from './types.ts'

const HOST = 'phones.example.com:8443'
const ORIGIN = `https://${HOST}`
const HERE: Origin = { address: '192.0.2.7', userAgent: 'Mozilla/5.0 Firefox/140.0', host: HOST }
const ELSEWHERE: Origin = { ...HERE, address: '198.51.100.9' }
const GOOD = 'correct horse battery staple'
const MINUTE = 60_000
const MACHINE: Asker = { actor: { kind: 'operator', name: 'root' }, organisationId: undefined, role: 'machine' }

function world() {
  const clock = new ManualClock(Date.UTC(2026, 10, 23, 12))
  const events: RingfenceEvent[] = []
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  bus.subscribe(event => void events.push(event))
  const repository = createFakeIdentityRepository()
  const sealing = createSealer(randomBytes(32))
  const identity = createIdentity({
    repository,
    clock,
    events: bus,
    sealing,
    serviceName: 'Example',
    baseUrl: () => ORIGIN,
  })
  return { clock, events, repository, identity, typesOf: () => events.map(each => each.type) }
}

type World = ReturnType<typeof world>

function got<T>(result: Result<T, IdentityRefusal>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.error.code}: ${result.error.message}`)
  return result.value
}

function codeOf(result: Result<unknown, IdentityRefusal>): string {
  return result.ok ? 'accepted' : result.error.code
}

const tokenOf = (url: string): string => url.slice(url.indexOf('#') + 1)

function codeAt(secret: string, now: number): string {
  return new TOTP({ secret: Key.fromBase32(secret) }).generate({ timestamp: now })
}

async function owner({ identity }: World) {
  const link = await identity.firstOwnerLink()
  assert.ok(link !== undefined)
  const who = { email: 'Ada@Example.com', name: 'Ada' }
  const enrolment = got(await identity.openEnrolment(tokenOf(link.url), HERE, who))
  const passkey = createSoftPasskey()
  const response = passkey.create(enrolment.passkey, ORIGIN)
  const signedIn = got(await identity.enrolPasskey({ enrolment: enrolment.enrolment, response, label: 'Laptop' }, HERE))
  return { signedIn, passkey, asker: askerOf(signedIn) }
}

function askerOf({ session }: SignedIn): Asker {
  const { person } = session
  const actor = { kind: 'person', name: person.email, id: person.id } as const
  return { actor, organisationId: person.organisationId, role: person.role }
}

async function withPassword(world: World, asker: Asker, email = 'bob@example.com', role: Role = 'administrator') {
  const { identity, clock } = world
  const link = got(
    await identity.invite(asker, { organisationId: asker.organisationId, email, name: 'Bob', role, extension: '101' }),
  )
  const enrolment = got(await identity.openEnrolment(tokenOf(link.url), HERE))
  const code = codeAt(enrolment.totp.secret, clock.now())
  const done = got(await identity.enrolPassword({ enrolment: enrolment.enrolment, password: GOOD, code }, HERE))
  clock.advance(MINUTE)
  return { signedIn: done, secret: enrolment.totp.secret, codes: done.recoveryCodes, email }
}

test('the first owner enrols by a link that works once, and then there is no first link any more', async () => {
  const made = world()
  const { identity } = made
  const link = await identity.firstOwnerLink()
  assert.match(link!.url, /^https:\/\/phones\.example\.com:8443\/enrol#[\w-]{43}$/)
  const early = got(await identity.openEnrolment(tokenOf(link!.url), HERE))
  assert.equal(early.needsName, true)
  const nameless = createSoftPasskey().create(early.passkey, ORIGIN)
  assert.equal(
    codeOf(await identity.enrolPasskey({ enrolment: early.enrolment, response: nameless, label: '' }, HERE)),
    'PEOPLE_INVALID',
  )
  const { signedIn } = await owner(made)
  assert.deepEqual([signedIn.session.person.email, signedIn.session.person.role], ['ada@example.com', 'owner'])
  assert.equal(await identity.firstOwnerLink(), undefined)
  assert.equal(codeOf(await identity.openEnrolment(tokenOf(link!.url), HERE)), 'PEOPLE_EXPIRED')
  assert.equal((await identity.session(signedIn.token.reveal(), HERE))?.person.name, 'Ada')
})

test('a link is over after its time, and a new one voids the old one', async () => {
  const { identity, clock } = world()
  const first = await identity.firstOwnerLink()
  const second = await identity.firstOwnerLink()
  assert.equal(codeOf(await identity.openEnrolment(tokenOf(first!.url), HERE)), 'PEOPLE_EXPIRED')
  clock.advance(15 * MINUTE)
  assert.equal(codeOf(await identity.openEnrolment(tokenOf(second!.url), HERE)), 'PEOPLE_EXPIRED')
})

const TRICKS: Readonly<Record<string, PasskeyTricks>> = {
  'another origin': { origin: 'https://phones.example.com.attacker.example' },
  'another challenge': { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
  'another rpId': { rpId: 'attacker.example' },
  'no user verification': { unverified: true },
  'another type': { type: 'webauthn.else' },
}

test('a passkey that was not made as asked enrols nobody', async () => {
  for (const [name, tricks] of Object.entries(TRICKS)) {
    const { identity } = world()
    const link = await identity.firstOwnerLink()
    const who = { email: 'ada@example.com', name: 'Ada' }
    const { enrolment, passkey } = got(await identity.openEnrolment(tokenOf(link!.url), HERE, who))
    const response = createSoftPasskey().create(passkey, ORIGIN, tricks)
    assert.equal(
      codeOf(await identity.enrolPasskey({ enrolment, response, label: '' }, HERE)),
      'PEOPLE_WRONG_CREDENTIALS',
      name,
    )
    assert.deepEqual(
      (await identity.people(MACHINE)).map(each => each.state),
      ['invited'],
    )
  }
})

test('a passkey signs in; a replay, a copy and every trick do not', async () => {
  const made = world()
  const { identity } = made
  const { passkey } = await owner(made)
  const begin = async () => got(await identity.beginPasskey(HERE))
  const { ceremony, options } = await begin()
  const response = passkey.get(options, ORIGIN)
  assert.equal(codeOf(await identity.signInPasskey({ ceremony, response }, HERE)), 'accepted')
  assert.equal(
    codeOf(await identity.signInPasskey({ ceremony, response }, HERE)),
    'PEOPLE_WRONG_CREDENTIALS',
    'replayed',
  )
  const next = await begin()
  assert.equal(
    codeOf(await identity.signInPasskey({ ceremony: next.ceremony, response }, HERE)),
    'PEOPLE_WRONG_CREDENTIALS',
    'an old answer',
  )
  const copied = passkey.get(next.options, ORIGIN, { counter: 1 })
  assert.equal(
    codeOf(await identity.signInPasskey({ ceremony: next.ceremony, response: copied }, HERE)),
    'PEOPLE_WRONG_CREDENTIALS',
    'a counter that goes back',
  )
  for (const [name, tricks] of Object.entries(TRICKS)) {
    const each = await begin()
    const answer = passkey.get(each.options, ORIGIN, { counter: 100, ...tricks })
    assert.equal(
      codeOf(await identity.signInPasskey({ ceremony: each.ceremony, response: answer }, HERE)),
      'PEOPLE_WRONG_CREDENTIALS',
      name,
    )
  }
  const stranger = createSoftPasskey().get(next.options, ORIGIN)
  assert.equal(
    codeOf(await identity.signInPasskey({ ceremony: next.ceremony, response: stranger }, HERE)),
    'PEOPLE_WRONG_CREDENTIALS',
  )
  for (const junk of [null, 'x', 1, {}, { id: 5 }, { id: passkey.id }, { id: passkey.id, response: {} }]) {
    assert.equal(
      codeOf(await identity.signInPasskey({ ceremony: next.ceremony, response: junk }, HERE)),
      'PEOPLE_WRONG_CREDENTIALS',
    )
  }
})

test('a password alone enrols nobody, opens nothing, and cannot be tried without a code', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker } = await owner(made)
  const link = got(
    await identity.invite(asker, { organisationId: undefined, email: 'eve@example.com', name: 'Eve', role: 'auditor' }),
  )
  const { enrolment } = got(await identity.openEnrolment(tokenOf(link.url), HERE))
  for (const code of ['', '000000', 'abcdef']) {
    assert.match(
      codeOf(await identity.enrolPassword({ enrolment, password: GOOD, code }, HERE)),
      /^PEOPLE_(WRONG|CLOCK)/,
    )
  }
  const { secret, email } = await withPassword(made, asker)
  const wrong = [
    { email, password: GOOD, code: '' },
    { email, password: GOOD, code: '000000' },
    { email, password: 'wrong password here', code: codeAt(secret, clock.now()) },
    { email: 'nobody@example.com', password: GOOD, code: codeAt(secret, clock.now()) },
  ]
  const messages = new Set<string>()
  for (const input of wrong) {
    const result = await identity.signInPassword(input, HERE)
    assert.ok(!result.ok)
    messages.add(`${result.error.code} ${result.error.message}`)
  }
  assert.equal(messages.size, 1, 'the refusals tell nothing apart')
  assert.equal(
    codeOf(await identity.signInPassword({ email, password: GOOD, code: codeAt(secret, clock.now()) }, HERE)),
    'accepted',
  )
})

test('a code is taken once, and none before it', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker } = await owner(made)
  const { secret, email } = await withPassword(made, asker)
  const before = codeAt(secret, clock.now() - 30_000)
  const code = codeAt(secret, clock.now())
  const both = await Promise.all([1, 2].map(() => identity.signInPassword({ email, password: GOOD, code }, HERE)))
  assert.deepEqual(both.map(codeOf).toSorted(), ['PEOPLE_WRONG_CREDENTIALS', 'accepted'])
  assert.equal(
    codeOf(await identity.signInPassword({ email, password: GOOD, code: before }, HERE)),
    'PEOPLE_WRONG_CREDENTIALS',
  )
})

test('five wrong codes end the guessing there, at once or one after another; others and the owner go on', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker, passkey } = await owner(made)
  const { secret, email } = await withPassword(made, asker)
  const guesses = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      identity.signInPassword({ email, password: GOOD, code: String(100_000 + index) }, ELSEWHERE),
    ),
  )
  assert.equal(guesses.filter(each => codeOf(each) === 'PEOPLE_WRONG_CREDENTIALS').length, 5)
  const right = () => ({ email, password: GOOD, code: codeAt(secret, clock.now()) })
  assert.equal(codeOf(await identity.signInPassword(right(), ELSEWHERE)), 'PEOPLE_LOCKED')
  assert.equal(codeOf(await identity.signInPassword(right(), HERE)), 'accepted', 'a network that they came from')
  const { ceremony, options } = got(await identity.beginPasskey(ELSEWHERE))
  assert.equal(
    codeOf(await identity.signInPasskey({ ceremony, response: passkey.get(options, ORIGIN) }, ELSEWHERE)),
    'accepted',
  )
  clock.advance(16 * MINUTE)
  assert.equal(codeOf(await identity.signInPassword(right(), ELSEWHERE)), 'accepted', 'nobody is locked out for good')
})

test('guessing from many networks waits too, and the owner comes in from where they came before', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker } = await owner(made)
  const { secret, email } = await withPassword(made, asker)
  let tried = 0
  for (let index = 0; index < 60; index++) {
    const origin = { ...HERE, address: `203.0.${index}.7` }
    if (codeOf(await identity.signInPassword({ email, password: GOOD, code: '123456' }, origin)) !== 'PEOPLE_LOCKED')
      tried++
  }
  assert.equal(tried, 20)
  const code = codeAt(secret, clock.now())
  assert.equal(codeOf(await identity.signInPassword({ email, password: GOOD, code }, HERE)), 'accepted')
})

test('a recovery code works once, with the password only, and opens nothing but the enrolment of a factor', async () => {
  const made = world()
  const { identity } = made
  const { asker } = await owner(made)
  const { email, codes } = await withPassword(made, asker)
  assert.equal(codes.length, 10)
  const code = codes[0]!
  assert.equal(
    codeOf(await identity.signInPassword({ email, password: 'wrong password here', code }, HERE)),
    'PEOPLE_WRONG_CREDENTIALS',
  )
  const { session, token } = got(
    await identity.signInPassword({ email, password: GOOD, code: code.toUpperCase() }, HERE),
  )
  assert.deepEqual([session.mustEnrol, session.permissions.size, session.steppedUpUntil], [true, 0, 0])
  assert.equal(codeOf(await identity.signInPassword({ email, password: GOOD, code }, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
  assert.equal(codeOf(await identity.newRecoveryCodes(session)), 'PEOPLE_FORBIDDEN')
  assert.equal(codeOf(await identity.stepUp(session, { code: '000000' }, HERE)), 'PEOPLE_FORBIDDEN')
  const { ceremony, options } = got(await identity.beginAddPasskey(session))
  const response = createSoftPasskey().create(options, ORIGIN)
  assert.equal(codeOf(await identity.addPasskey(session, { ceremony, response, label: 'New phone' })), 'accepted')
  const now = await identity.session(token.reveal(), HERE)
  assert.deepEqual([now?.mustEnrol, now!.permissions.size > 0, now?.steppedUpUntil], [false, true, 0])
})

test('a session ends when idle, after its time, elsewhere, and with the account', async () => {
  const made = world()
  const { identity, clock, typesOf } = made
  const { asker } = await owner(made)
  const enter = async () => {
    const { signedIn } = await withPassword(made, asker, `p${Math.floor(clock.now() / 1000)}@example.com`)
    return { token: signedIn.token.reveal(), id: signedIn.session.person.id }
  }
  const idle = await enter()
  clock.advance(13 * MINUTE)
  assert.notEqual(await identity.session(idle.token, HERE), undefined)
  clock.advance(15 * MINUTE)
  assert.equal(await identity.session(idle.token, HERE), undefined)
  const long = await enter()
  for (let passed = 1; passed < 12 * 60; passed += 10) {
    assert.notEqual(await identity.session(long.token, HERE), undefined, String(passed))
    clock.advance(10 * MINUTE)
  }
  assert.equal(await identity.session(long.token, HERE), undefined)
  for (const origin of [ELSEWHERE, { ...HERE, userAgent: 'curl/8.0' }, { ...HERE, host: 'other.example.com' }]) {
    const stolen = await enter()
    assert.equal(await identity.session(stolen.token, origin), undefined)
    assert.equal(await identity.session(stolen.token, HERE), undefined, 'it is over for everybody')
    assert.equal(typesOf().at(-1), 'people.session-refused')
  }
  const updated = await enter()
  assert.notEqual(await identity.session(updated.token, { ...HERE, userAgent: 'Mozilla/5.0 Firefox/141.2' }), undefined)
  assert.notEqual(await identity.session(updated.token, { ...HERE, address: '192.0.2.200' }), undefined)
  got(await identity.suspend(asker, updated.id, 'left'))
  assert.equal(await identity.session(updated.token, HERE), undefined)
  for (const token of ['', 'x', 'A'.repeat(43), `${updated.token}x`])
    assert.equal(await identity.session(token, HERE), undefined)
})

test('nobody loses their last second factor', async () => {
  const made = world()
  const { identity } = made
  const { asker, signedIn } = await owner(made)
  const factors = got(await identity.factors(signedIn.session))
  assert.equal(codeOf(await identity.removePasskey(signedIn.session, factors.passkeys[0]!.id)), 'PEOPLE_LAST_FACTOR')
  const bob = await withPassword(made, asker)
  const fresh = { ...bob.signedIn.session, steppedUpUntil: Number.MAX_SAFE_INTEGER }
  assert.equal(codeOf(await identity.removePassword(fresh)), 'PEOPLE_LAST_FACTOR')
  const { ceremony, options } = got(await identity.beginAddPasskey(fresh))
  got(
    await identity.addPasskey(fresh, {
      ceremony,
      response: createSoftPasskey().create(options, ORIGIN),
      label: 'Phone',
    }),
  )
  assert.equal(codeOf(await identity.removePassword(fresh)), 'accepted')
  const left = got(await identity.factors(fresh)).passkeys
  assert.equal(codeOf(await identity.removePasskey(fresh, left[0]!.id)), 'PEOPLE_LAST_FACTOR')
})

test('a factor is changed with a fresh second factor only; a passkey or a code makes it fresh, a recovery code does not', async () => {
  const made = world()
  const { identity, clock } = made
  const { signedIn, passkey, asker } = await owner(made)
  clock.advance(5 * MINUTE)
  const stale = (await identity.session(signedIn.token.reveal(), HERE))!
  assert.equal(codeOf(await identity.beginAddPasskey(stale)), 'PEOPLE_STEP_UP_NEEDED')
  assert.equal(codeOf(await identity.newRecoveryCodes(stale)), 'PEOPLE_STEP_UP_NEEDED')
  const step = got(await identity.beginStepUp(stale))
  assert.equal(step.totp, false)
  const { ceremony, options } = step.ceremony!
  const unverified = passkey.get(options, ORIGIN, { unverified: true })
  assert.equal(
    codeOf(await identity.stepUp(stale, { ceremony, response: unverified }, HERE)),
    'PEOPLE_WRONG_CREDENTIALS',
  )
  const response = passkey.get(options, ORIGIN)
  got(await identity.stepUp(stale, { ceremony, response }, HERE))
  assert.equal(
    codeOf(await identity.stepUp(stale, { ceremony, response }, HERE)),
    'PEOPLE_WRONG_CREDENTIALS',
    'replayed',
  )
  const fresh = (await identity.session(signedIn.token.reveal(), HERE))!
  assert.equal(codeOf(await identity.beginAddPasskey(fresh)), 'accepted')
  const bob = await withPassword(made, asker)
  const { session } = bob.signedIn
  assert.equal(codeOf(await identity.stepUp(session, { code: bob.codes[1]! }, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
  assert.equal(codeOf(await identity.stepUp(session, { code: codeAt(bob.secret, clock.now()) }, HERE)), 'accepted')
})

test('people are seen and changed within their organisation and below their own role only', async () => {
  const made = world()
  const { identity } = made
  const { asker, signedIn } = await owner(made)
  const [one, two] = ['org-1', 'org-2'] as OrganisationId[]
  const admin = (organisationId: OrganisationId | undefined): Asker => ({
    actor: { kind: 'person', name: 'x', id: `id-${organisationId}` },
    organisationId,
    role: 'administrator',
  })
  const invite = (by: Asker, organisationId: OrganisationId | undefined, email: string, role: Role) =>
    identity.invite(by, { organisationId, email, name: 'X', role, extension: '101' })
  const theirs = got(await invite(asker, two, 'theirs@example.com', 'helpdesk')).person
  const ours = got(await invite(admin(one), one, 'ours@example.com', 'helpdesk')).person
  assert.deepEqual(
    (await identity.people(admin(one))).map(each => each.email),
    ['ours@example.com'],
  )
  assert.equal(await identity.person(admin(one), theirs.id), undefined)
  assert.equal(await identity.personByEmail(admin(one), 'theirs@example.com'), undefined)
  for (const outcome of [
    identity.suspend(admin(one), theirs.id, 'x'),
    identity.remove(admin(one), theirs.id),
    identity.reinvite(admin(one), theirs.id, 'x'),
    identity.change(admin(one), theirs.id, { name: 'y' }),
    identity.suspend(admin(one), signedIn.session.person.id, 'x'),
    identity.revoke(admin(one), signedIn.session.id),
  ])
    assert.equal(codeOf(await outcome), 'PEOPLE_UNKNOWN')
  assert.equal(codeOf(await invite(admin(one), two, 'a@example.com', 'helpdesk')), 'PEOPLE_FORBIDDEN')
  assert.equal(codeOf(await invite(admin(one), undefined, 'a@example.com', 'helpdesk')), 'PEOPLE_FORBIDDEN')
  assert.equal(codeOf(await invite(admin(one), one, 'a@example.com', 'owner')), 'PEOPLE_FORBIDDEN')
  assert.equal(codeOf(await identity.change(admin(one), ours.id, { role: 'owner' })), 'PEOPLE_FORBIDDEN')
  const wideOwner = { ...admin(one), organisationId: undefined }
  assert.equal(codeOf(await identity.suspend(wideOwner, signedIn.session.person.id, 'x')), 'PEOPLE_FORBIDDEN')
  assert.deepEqual(await identity.sessions(admin(one)), [])
  assert.equal(codeOf(await invite(admin(one), one, 'OURS@example.com', 'helpdesk')), 'PEOPLE_EXISTS')
})

test('the last owner stays, and a lost device needs another person or the machine', async () => {
  const made = world()
  const { identity, typesOf } = made
  const { asker, signedIn } = await owner(made)
  const { id } = signedIn.session.person
  assert.equal(codeOf(await identity.remove(asker, id)), 'PEOPLE_LAST_OWNER')
  assert.equal(codeOf(await identity.suspend(MACHINE, id, 'x')), 'PEOPLE_LAST_OWNER')
  assert.equal(codeOf(await identity.change(asker, id, { role: 'auditor' })), 'PEOPLE_LAST_OWNER')
  assert.equal(codeOf(await identity.reinvite(asker, id, 'lost')), 'PEOPLE_FORBIDDEN')
  const link = got(await identity.reinvite(MACHINE, id, 'the phone was lost'))
  assert.equal(await identity.session(signedIn.token.reveal(), HERE), undefined)
  assert.equal(typesOf().at(-1), 'people.recovery-started')
  const opened: Enrolment = got(await identity.openEnrolment(tokenOf(link.url), HERE))
  assert.equal(opened.recovery, true)
  const response = createSoftPasskey().create(opened.passkey, ORIGIN)
  const again = got(await identity.enrolPasskey({ enrolment: opened.enrolment, response, label: 'New' }, HERE))
  assert.equal(got(await identity.factors(again.session)).passkeys.length, 1, 'what was lost opens nothing any more')
})

test('a key does what its scopes say, from its networks, until it ends; and is never more than its maker', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker, signedIn } = await owner(made)
  const { permissions } = signedIn.session
  const input = {
    organisationId: undefined,
    name: 'monitoring',
    scopes: ['status:read'] as const,
    networks: ['192.0.2.0/24'],
    expiresAt: clock.now() + 60 * MINUTE,
  }
  const { key, secret } = got(await identity.addApiKey(asker, permissions, input))
  assert.doesNotMatch(JSON.stringify([key, secret, made.events]), new RegExp(secret.reveal().slice(-20)))
  assert.deepEqual((await identity.apiKey(secret.reveal(), HERE))?.scopes, ['status:read'])
  assert.equal(await identity.apiKey(secret.reveal(), ELSEWHERE), undefined)
  assert.equal(
    await identity.apiKey(`${secret.reveal().slice(0, -1)}${secret.reveal().endsWith('A') ? 'B' : 'A'}`, HERE),
    undefined,
  )
  const refused = [
    { scopes: ['people:write'] as const },
    { scopes: [] },
    { networks: ['nowhere'] },
    { expiresAt: clock.now() },
    { expiresAt: clock.now() + 400 * 86_400_000 },
    { name: '' },
  ]
  for (const difference of refused)
    assert.notEqual(codeOf(await identity.addApiKey(asker, permissions, { ...input, ...difference })), 'accepted')
  assert.equal(codeOf(await identity.addApiKey(asker, new Set(['own:read']), input)), 'PEOPLE_FORBIDDEN')
  clock.advance(60 * MINUTE)
  assert.equal(await identity.apiKey(secret.reveal(), HERE), undefined)
  got(await identity.removeApiKey(asker, key.id))
  assert.deepEqual(await identity.apiKeys(asker), [])
})

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
