/** Sign-in by a real provider at the running product: from the first owner's link to the session of a browser that came back. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { TOTP } from 'otpauth'
import { callbackPath, OIDC_COOKIE } from '../../src/identity/oidc/types.ts'
import { CLIENT_ID, CLIENT_SECRET, type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts'
import { eventually, freePort, type TemporaryFolder, temporaryFolder } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

const ADA = { subject: 'ada-1', email: 'ada@example.com', verified: true, amr: ['pwd', 'otp'] } as const

let folder: TemporaryFolder
let provider: IdentityProvider
let system: Ringfence
let host: string

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
  await enrol(invited.url.split('#')[1]!)
})
after(async () => {
  await system?.stop()
  provider?.close()
  folder?.remove()
})

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  readonly cookies: Readonly<Record<string, string>>
}

async function ask(method: string, path: string, body?: unknown, cookie?: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const { port } = system.ready.https
  const headers = {
    host,
    'user-agent': 'Mozilla/5.0 Firefox/140.0',
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }),
    ...(cookie === undefined ? {} : { cookie }),
  }
  const options = {
    host: '127.0.0.1',
    port,
    path,
    method,
    headers,
    ca: system.caPem,
    servername: 'localhost',
    agent: false,
  }
  const call = request(options, response => {
    const parts: Buffer[] = []
    response.on('data', (part: Buffer) => parts.push(part))
    response.on('end', () => {
      const cookies = Object.fromEntries(
        (response.headers['set-cookie'] ?? []).map(each => [each.split('=')[0]!, each] as const),
      )
      const text = Buffer.concat(parts).toString()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text, cookies })
    })
  })
  call.on('error', reject)
  call.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

async function enrol(token: string): Promise<void> {
  const opened = await ask('POST', '/api/v1/enrolment/open', { token })
  assert.equal(opened.status, 200, opened.text)
  const { enrolment, totp } = JSON.parse(opened.text) as { enrolment: string; totp: { secret: string } }
  const code = new TOTP({ secret: totp.secret }).generate()
  const password = 'brass lantern under nine bridges'
  const done = await ask('POST', '/api/v1/enrolment/password', { enrolment, password, code })
  assert.equal(done.status, 200, done.text)
}

/** `name=value` as a browser sends it back. */
const sent = (cookie: string | undefined): string => cookie?.split(';')[0] ?? ''

async function comeBack(): Promise<Answer> {
  const begun = await ask('POST', '/api/v1/auth/oidc/begin', { provider: 'work' })
  assert.equal(begun.status, 200, begun.text)
  const cookie = begun.cookies[OIDC_COOKIE]
  assert.match(cookie ?? '', /; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/)
  const back = await provider.visit((JSON.parse(begun.text) as { location: string }).location)
  assert.equal(back.host, host)
  return ask('GET', `${back.pathname}${back.search}`, undefined, sent(cookie))
}

test('the button is named, and where it leads to is asked for', async () => {
  const listed = await ask('GET', '/api/v1/auth/oidc')
  assert.deepEqual(JSON.parse(listed.text), { items: [{ id: 'work', name: 'Work <account>' }], next: null })
  assert.equal((await ask('POST', '/api/v1/auth/oidc/begin', { provider: 'other' })).status, 404)
})

test('who comes back with a second factor has a session, by a page that goes on from here', async () => {
  provider.account = ADA
  const page = await comeBack()
  assert.equal(page.status, 200, page.text)
  assert.match(page.text, /<meta http-equiv="refresh" content="0;url=\/">/)
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'/)
  assert.match(page.cookies['__Host-ringfence'] ?? '', /; Path=\/; Secure; HttpOnly; SameSite=Strict$/)
  assert.match(page.cookies[OIDC_COOKIE] ?? '', /^__Host-ringfence-oidc=; .*Max-Age=0$/)
  const session = await ask('GET', '/api/v1/session', undefined, sent(page.cookies['__Host-ringfence']))
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
  const begun = await ask('POST', '/api/v1/auth/oidc/begin', { provider: 'work' })
  const back = await provider.visit((JSON.parse(begun.text) as { location: string }).location)
  for (const cookie of [undefined, `${OIDC_COOKIE}=x`, `${OIDC_COOKIE}=a; ${OIDC_COOKIE}=b`]) {
    const page = await ask('GET', `${back.pathname}${back.search}`, undefined, cookie)
    assert.equal(page.status, 401)
    assert.deepEqual(Object.keys(page.cookies), [OIDC_COOKIE])
  }
})
