/** Sign-in by a real provider at the running product: from the first owner's link to the session of a browser that came back. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { callbackPath, OIDC_COOKIE } from '../../src/identity/oidc/types.ts'
import { type ApiAnswer, type ApiBrowser, apiBrowser, cookieToSend } from '../support/api-browser.ts'
import { CLIENT_ID, CLIENT_SECRET, type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts'
import { eventually, freePort, type TemporaryFolder, temporaryFolder } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

const ADA = { subject: 'ada-1', email: 'ada@example.com', verified: true, amr: ['pwd', 'otp'] } as const

let folder: TemporaryFolder
let provider: IdentityProvider
let system: Ringfence
let host: string
let browser: ApiBrowser

before(async () => {
  folder = temporaryFolder('single-sign-on')
  const port = await freePort()
  host = `localhost:${port}`
  provider = await startIdentityProvider({ redirectUri: `https://${host}${callbackPath('work')}` })
  const file = (name: string, content: string): string => {
    const path = join(folder.path, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }
  const configured = {
    id: 'work',
    name: 'Work <account>',
    issuer: provider.issuer,
    clientId: CLIENT_ID,
    clientSecretFile: file('secret', CLIENT_SECRET),
    domains: ['example.com'],
    caFile: file('ca.pem', provider.ca),
  }
  const config = file('settings.yaml', JSON.stringify({ identityProviders: [configured] }))
  system = await startRingfence({ arguments: ['--config', config, '--https-port', String(port)] })
  const invited = await system.json<{ url: string }>(
    'people',
    'invite',
    ADA.email,
    '--name',
    'Ada',
    '--role',
    'auditor',
  )
  browser = apiBrowser(system)
  await browser.enrol(invited.url)
})
after(async () => {
  await system?.stop()
  provider?.close()
  folder?.remove()
})

async function comeBack(): Promise<ApiAnswer> {
  const begun = await browser.ask('POST', '/api/v1/auth/oidc/begin', { body: { provider: 'work' } })
  assert.equal(begun.status, 200, begun.text)
  const cookie = begun.cookies[OIDC_COOKIE]
  assert.match(cookie ?? '', /; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/)
  const back = await provider.visit((JSON.parse(begun.text) as { location: string }).location)
  assert.equal(back.host, host)
  return browser.ask('GET', `${back.pathname}${back.search}`, { cookie: cookieToSend(cookie) })
}

test('the button is named, and where it leads to is asked for', async () => {
  const listed = await browser.ask('GET', '/api/v1/auth/oidc')
  assert.deepEqual(JSON.parse(listed.text), { items: [{ id: 'work', name: 'Work <account>' }], next: null })
  assert.equal((await browser.ask('POST', '/api/v1/auth/oidc/begin', { body: { provider: 'other' } })).status, 404)
})

test('who comes back with a second factor has a session, by a page that goes on from here', async () => {
  provider.account = ADA
  const page = await comeBack()
  assert.equal(page.status, 200, page.text)
  assert.match(page.text, /<meta http-equiv="refresh" content="0;url=\/">/)
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'/)
  assert.match(page.cookies['__Host-ringfence'] ?? '', /; Path=\/; Secure; HttpOnly; SameSite=Strict$/)
  assert.match(page.cookies[OIDC_COOKIE] ?? '', /^__Host-ringfence-oidc=; .*Max-Age=0$/)
  const session = await browser.ask('GET', '/api/v1/session', {
    cookie: cookieToSend(page.cookies['__Host-ringfence']),
  })
  assert.equal(session.status, 200, session.text)
  const { person, method, steppedUpUntil } = JSON.parse(session.text)
  assert.deepEqual([person.email, method, steppedUpUntil], [ADA.email, 'oidc', 0])
  const listed = await system.json<readonly { email: string; method: string }[]>('people', 'sessions', ADA.email)
  assert.ok(listed.some(each => each.method === 'oidc'))
})

test('who comes back without one has a page that says so, and no session', async () => {
  provider.account = { ...ADA, amr: ['pwd'] }
  const page = await comeBack()
  assert.equal(page.status, 401)
  assert.match(page.text, /Work &#60;account&#62; did not say that a second factor was used/)
  assert.doesNotMatch(page.text, /refresh|<account>/)
  assert.deepEqual(Object.keys(page.cookies), [OIDC_COOKIE])
  const operations = await system.operations()
  const failed = await eventually(
    async () => accepted(await operations.events({ types: ['people.sign-in-failed'], limit: 1 }))[0],
    5_000,
    'the event',
  )
  assert.match(JSON.stringify(failed.event.data), /"method":"oidc work","reason":"it did not say that a second/)
})

test('a browser that began nothing has no session, whatever it brings', async () => {
  provider.account = ADA
  const begun = await browser.ask('POST', '/api/v1/auth/oidc/begin', { body: { provider: 'work' } })
  const back = await provider.visit((JSON.parse(begun.text) as { location: string }).location)
  for (const cookie of [undefined, `${OIDC_COOKIE}=x`, `${OIDC_COOKIE}=a; ${OIDC_COOKIE}=b`]) {
    const page = await browser.ask('GET', `${back.pathname}${back.search}`, { cookie: cookie })
    assert.equal(page.status, 401)
    assert.deepEqual(Object.keys(page.cookies), [OIDC_COOKIE])
  }
})
