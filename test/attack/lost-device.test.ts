/** The way back at the running product, by the commands of docs/people.md: what ends when, who is told, and who cannot take it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TOTP } from 'otpauth'
import { type ApiBrowser, apiBrowser, type Enrolled } from '../support/api-browser.ts'
import { eventually } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

interface Link {
  readonly url: string
  readonly replacesFactors?: boolean
}

const EMAIL = 'ada@example.com'

let system: Ringfence
let browser: ApiBrowser
let ada: Enrolled

before(async () => {
  system = await startRingfence({ name: 'lost-device' })
  browser = apiBrowser(system)
  const { url } = await system.json<Link>('people', 'invite', EMAIL, '--name', 'Ada', '--role', 'administrator')
  ada = await browser.enrol(url)
  const again = await browser.ask('POST', '/api/v1/enrolment/open', { body: { token: new URL(url).hash.slice(1) } })
  assert.equal(again.status, 401, 'a link works once')
})
after(() => system?.stop())

const isIn = async (cookie: string): Promise<boolean> =>
  (await browser.ask('GET', '/api/v1/session', { cookie })).status === 200

async function signIn({ password, secret }: Enrolled, code = new TOTP({ secret }).generate()): Promise<number> {
  return (await browser.ask('POST', '/api/v1/auth/password', { body: { email: EMAIL, password, code } })).status
}

test('break-glass ends the sessions at once, is a critical event, and its link replaces every factor', async () => {
  assert.ok(await isIn(ada.cookie))
  const stolen = ada
  const link = await system.json<Link>('people', 'recover', EMAIL, '--reason', 'her phone was stolen')
  assert.equal(link.replacesFactors, true)
  assert.equal(await isIn(stolen.cookie), false)
  const operations = await system.operations()
  const told = await eventually(
    async () => accepted(await operations.events({ types: ['people.recovery-started'], limit: 1 }))[0],
    5_000,
    'the event',
  )
  assert.equal(told.event.severity, 'critical')
  assert.match(JSON.stringify(told.event.data), /"reason":"her phone was stolen"/)
  assert.equal(JSON.stringify(told).includes(new URL(link.url).hash.slice(1)), false)
  ada = await browser.enrol(link.url)
  assert.equal(ada.recovery, true)
  assert.ok(await isIn(ada.cookie))
  assert.equal(await signIn(stolen), 401, 'what was stolen opens nothing any more')
  assert.equal(await signIn(stolen, stolen.recoveryCodes[0]), 401)
})

test('a newer link makes the one before it void', async () => {
  const first = await system.json<Link>('people', 'recover', EMAIL, '--reason', 'one')
  const second = await system.json<Link>('people', 'recover', EMAIL, '--reason', 'two')
  const body = { token: new URL(first.url).hash.slice(1) }
  assert.equal((await browser.ask('POST', '/api/v1/enrolment/open', { body })).status, 401)
  ada = await browser.enrol(second.url)
})

test('who is suspended has no session, no way in and no link; restored, the factors are those from before', async () => {
  const out = await system.json<Link>('people', 'recover', EMAIL, '--reason', 'for later')
  await system.json('people', 'suspend', EMAIL, '--reason', 'left')
  const body = { token: new URL(out.url).hash.slice(1) }
  assert.equal((await browser.ask('POST', '/api/v1/enrolment/open', { body })).status, 401)
  assert.equal(await isIn(ada.cookie), false)
  assert.equal(await signIn(ada, ada.recoveryCodes[0]), 401)
  const { code, output } = await system.run('people', 'recover', EMAIL, '--reason', 'x')
  assert.equal(code, 1)
  assert.match(output, /suspended: restore it first/)
  await system.json('people', 'restore', EMAIL, '--reason', 'is back')
  assert.equal(await signIn(ada, ada.recoveryCodes[1]), 200)
})

test('a session by a recovery code may do nothing but enrol; the machine ends it', async () => {
  const code = ada.recoveryCodes[2]
  const answer = await browser.ask('POST', '/api/v1/auth/password', {
    body: { email: EMAIL, password: ada.password, code },
  })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(JSON.parse(answer.text).mustEnrol, true)
  const cookie = answer.cookies['__Host-ringfence']!.split(';')[0]!
  assert.equal((await browser.ask('GET', '/api/v1/extensions', { cookie })).status, 403)
  assert.equal(await signIn(ada, code), 401, 'a recovery code is used up')
  const { ended } = await system.json<{ ended: number }>('people', 'revoke', EMAIL)
  assert.ok(ended >= 1)
  assert.equal(await isIn(cookie), false)
})

test('the machine itself is not asked for by anybody who is signed in, or by a key', async () => {
  const { output } = await system.run('api-key', 'add', 'k', '--scope', 'people:write')
  assert.match(output, /people:write is for people only/)
  const link = await system.json<Link>('people', 'recover', EMAIL, '--reason', 'a fresh session')
  ada = await browser.enrol(link.url)
  const { csrf, person } = JSON.parse((await browser.ask('GET', '/api/v1/session', { cookie: ada.cookie })).text)
  const own = await browser.ask('POST', `/api/v1/people/${person.id}/invitation`, {
    cookie: ada.cookie,
    csrf,
    body: { reason: 'around my second factor' },
  })
  assert.equal(JSON.parse(own.text).code, 'PEOPLE_FORBIDDEN', own.text)
})
