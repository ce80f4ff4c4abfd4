/** Attacks with keys of programs, over HTTPS: from elsewhere, too late, for more than they were given, in place of a person. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type PeopleServer, startPeopleServer } from '../support/people-server.ts'
import { enrolPasskey, enrolPassword, fine, invite, refused, usePassword } from '../support/people-visits.ts'
import { COOKIE, type Visitor } from '../support/visitor.ts'

let server: PeopleServer
let owner: Visitor

const NOBODY = [401, 'API_UNAUTHENTICATED'] as const
const FORBIDDEN = [403, 'API_FORBIDDEN'] as const
const HOUR = 3_600_000

before(async () => {
  server = await startPeopleServer()
  owner = server.visitor()
  await enrolPasskey(owner, await invite(server, 'ada@example.org', 'owner'))
})

after(() => server.close())

interface Asked {
  readonly scopes?: readonly string[]
  readonly networks?: readonly string[]
  readonly hours?: number
}

let made = 0

async function key({ scopes = ['status:read'], networks = [], hours = 1 }: Asked = {}) {
  const body = { name: `program ${made++}`, scopes, networks, expiresAt: server.clock.now() + hours * HOUR }
  const answer = fine(await owner.ask('POST', '/api-keys', body), 201)
  return { id: answer.body['id'] as string, secret: answer.body['secret'] as string }
}

/** As programs ask: no cookie, no page. */
function ask(secret: string, method: string, path: string, body?: unknown, address?: string) {
  const program = server.visitor({ userAgent: 'program/1', ...(address === undefined ? {} : { address }) })
  const headers = { authorization: `Bearer ${secret}`, origin: undefined, 'sec-fetch-site': undefined }
  return program.ask(method, path, body, headers)
}

test('a key reads what it may, so that the refusals below mean something', async () => {
  const { secret } = await key({ networks: ['127.0.0.0/24'] })
  fine(await ask(secret, 'GET', '/status'))
})

test('a key from a network that it is not for opens nothing, and that is in the log', async () => {
  const { secret } = await key({ networks: ['127.0.0.0/24', '192.0.2.0/24'] })
  const from = server.events.length
  refused(await ask(secret, 'GET', '/status', undefined, '127.0.1.1'), ...NOBODY)
  assert.ok(server.typesSince(from).includes('people.api-key-refused'))
  fine(await ask(secret, 'GET', '/status'))
  // No header of a proxy is believed.
  for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'cf-connecting-ip', 'true-client-ip']) {
    const program = server.visitor({ address: '127.0.1.1' })
    const value = name === 'forwarded' ? 'for=127.0.0.1' : '127.0.0.1'
    refused(
      await program.ask('GET', '/status', undefined, { authorization: `Bearer ${secret}`, [name]: value }),
      ...NOBODY,
    )
  }
})

test('a key is over after its time, at once when it is removed, and never longer than a year', async () => {
  const [short, removed] = [await key({ hours: 1 }), await key()]
  fine(await ask(removed.secret, 'GET', '/status'))
  fine(await owner.ask('DELETE', `/api-keys/${removed.id}`), 204)
  refused(await ask(removed.secret, 'GET', '/status'), ...NOBODY)
  const body = { name: 'ever', scopes: ['status:read'], expiresAt: server.clock.now() + 400 * 24 * HOUR }
  refused(await owner.ask('POST', '/api-keys', body), 400, 'PEOPLE_INVALID')
  fine(await ask(short.secret, 'GET', '/status'))
  // The owner's session goes on: 12 minutes at a time.
  for (let minutes = 0; minutes < 60; minutes += 12) {
    fine(await owner.ask('GET', '/session'))
    server.clock.advance(12 * 60_000)
  }
  refused(await ask(short.secret, 'GET', '/status'), ...NOBODY)
})

test('a key does nothing beyond its scopes, on any route', async () => {
  await stepUpByNewSession()
  const { secret } = await key({ scopes: ['extensions:read'] })
  for (const route of server.routes) {
    if (route.access === 'public' || route.access === 'extensions:read') continue
    const path = route.path.replace(/\{\w+\}/g, '1')
    const answer = await ask(secret, route.method, path, route.method === 'GET' ? undefined : {})
    refused(answer, ...FORBIDDEN)
  }
  fine(await ask(secret, 'GET', '/extensions'))
})

test('no key makes people, keys or organisations, or is somebody: such scopes are not given', async () => {
  await stepUpByNewSession()
  for (const scope of ['people:write', 'api-keys:write', 'organisations:write', 'own:read', 'own:write']) {
    const body = { name: 'more', scopes: [scope], expiresAt: server.clock.now() + HOUR }
    refused(await owner.ask('POST', '/api-keys', body), 403, 'PEOPLE_FORBIDDEN')
  }
})

test('nobody gives a key more than they have, or makes one without a fresh second factor', async () => {
  const visitor = server.visitor()
  const ben = await enrolPassword(server, visitor, await invite(server, 'ben@example.org', 'auditor'))
  const body = { name: 'mine', scopes: ['status:read'], expiresAt: server.clock.now() + HOUR }
  refused(await visitor.ask('POST', '/api-keys', body), ...FORBIDDEN)
  fine(await usePassword(visitor, ben))
  refused(await visitor.ask('POST', '/api-keys', body), ...FORBIDDEN)
  await stepUpByNewSession()
  const wide = { ...body, scopes: ['firewall:write'], expiresAt: server.clock.now() + HOUR }
  refused(await owner.ask('POST', '/api-keys', wide), 403, 'PEOPLE_FORBIDDEN')
  server.clock.advance(6 * 60_000)
  const stale = { ...body, expiresAt: server.clock.now() + HOUR }
  refused(await owner.ask('POST', '/api-keys', stale), 403, 'API_STEP_UP_NEEDED')
})

describe('the secret of a key', () => {
  test('is guessed by nobody: changed in any part it opens nothing', async () => {
    await stepUpByNewSession()
    const { id, secret } = await key()
    const other = await key()
    const tail = secret.slice(-43)
    const changed = [
      `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`,
      `rfk_${other.id}_${tail}`,
      `rfk_${id}_`,
      `rfk_${id}_${tail}${tail}`,
      `rfk_${id}`,
      tail,
      secret.toUpperCase(),
      `${secret},${secret}`,
      '',
    ]
    for (const each of changed) refused(await ask(each, 'GET', '/status'), ...NOBODY)
    for (const authorization of [
      secret,
      `Basic ${Buffer.from(`${id}:${tail}`).toString('base64')}`,
      `Token ${secret}`,
    ]) {
      refused(await server.visitor().ask('GET', '/status', undefined, { authorization }), ...NOBODY)
    }
    fine(await ask(secret, 'GET', '/status'))
  })

  test('is shown once: in no list, no event, not in the store, and not taken from an address or a cookie', async () => {
    await stepUpByNewSession()
    const { secret } = await key()
    const tail = secret.slice(-43)
    assert.ok(!fine(await owner.ask('GET', '/api-keys')).text.includes(tail))
    assert.ok(!JSON.stringify(server.events).includes(tail))
    assert.ok(!JSON.stringify(await server.repository.apiKeys()).includes(tail))
    const program = server.visitor()
    for (const path of [`/status?key=${secret}`, `/status?access_token=${secret}`, `/status?authorization=${secret}`]) {
      refused(await program.ask('GET', path), ...NOBODY)
    }
    refused(await program.ask('GET', '/status', undefined, { cookie: `${COOKIE}=${secret}` }), ...NOBODY)
  })

  test('beside a session does what the key may, and not what the session may', async () => {
    await stepUpByNewSession()
    const { secret } = await key()
    refused(await owner.ask('GET', '/people', undefined, { authorization: `Bearer ${secret}` }), ...FORBIDDEN)
    refused(await owner.ask('GET', '/people', undefined, { authorization: 'Bearer x' }), ...NOBODY)
  })
})

let entered = 0

/** The session of a new owner: its second factor is fresh. */
async function stepUpByNewSession(): Promise<void> {
  owner = server.visitor()
  await enrolPasskey(owner, await invite(server, `owner${entered++}@example.org`, 'owner'))
}
