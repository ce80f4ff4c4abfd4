import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  codeAt,
  codeOf,
  ELSEWHERE,
  GOOD,
  got,
  HERE,
  MINUTE,
  ORIGIN,
  owner,
  tokenOf,
  TRICKS,
  withPassword,
  world,
} from '../../test/support/people-world.ts'
import { createSoftPasskey } from '../../test/support/soft-passkey.ts'

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
