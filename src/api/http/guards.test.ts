/** Who is let in at the door of the interface, how often, and to what; the page of a user. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { type Answer, type ApiWorld, apiWorld, type Asked } from '../../../test/support/api-world.ts'
import { parseNetwork } from '../../base/network.ts'
import { problemSchema } from './problem.ts'
import { plainRoute } from './route.ts'

let world: ApiWorld

before(async () => {
  world = await apiWorld()
  world.enter('owner', 'owner', undefined)
  world.enter('other', 'owner', undefined)
})

after(() => world.close())

const as = 'owner'
const post = (path: string, body: unknown, more: Asked = {}): Promise<Answer> =>
  world.ask('POST', `/api/v1${path}`, { as, body, ...more })

function refused(answer: Answer, status: number, code: string, field?: string): void {
  assert.deepEqual([answer.status, answer.body['code']], [status, code], answer.text)
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
  const problem = problemSchema.parse(answer.body)
  assert.equal(problem.status, status)
  assert.deepEqual([problem.type, problem.code], ['about:blank', code])
  assert.notEqual(problem.detail, '')
  if (field !== undefined)
    assert.ok(
      problem.errors?.some(each => each.field === field),
      answer.text,
    )
}

describe('the door', () => {
  test('knows its own names alone', async () => {
    for (const host of ['evil.example', 'evil.example:8443', '127.0.0.1.evil.example']) {
      refused(await world.ask('GET', '/api/v1/extensions', { as, headers: { host } }), 421, 'API_HOST')
      refused(await world.ask('GET', '/api/openapi.json', { headers: { host } }), 421, 'API_HOST')
    }
  })

  test('is closed to networks that are not named', async () => {
    const closed = await apiWorld({ networks: [parseNetwork('192.0.2.0/24')!] })
    closed.enter('owner', 'owner', undefined)
    refused(await closed.ask('GET', '/api/v1/extensions', { as }), 403, 'API_FORBIDDEN')
    refused(await closed.ask('POST', '/api/v1/auth/passkey/begin', { body: {} }), 403, 'API_FORBIDDEN')
    refused(await closed.ask('GET', '/api/openapi.json'), 403, 'API_FORBIDDEN')
    await closed.close()
    const open = await apiWorld({ networks: [parseNetwork('127.0.0.0/8')!] })
    open.enter('owner', 'owner', undefined)
    assert.equal((await open.ask('GET', '/api/v1/extensions', { as })).status, 200)
    await open.close()
  })

  test('lets a session make so many requests, and a stranger fewer; who is in stays in', async () => {
    const limits = {
      session: { perSecond: 1, burst: 6 },
      key: { perSecond: 1, burst: 6 },
      address: { perSecond: 1, burst: 4 },
    }
    const narrow = await apiWorld({ limits })
    narrow.enter('owner', 'owner', undefined)
    const ask = (who?: string): Promise<Answer> =>
      narrow.ask('GET', '/api/v1/extensions', who === undefined ? {} : { as: who })
    assert.equal((await ask('owner')).status, 200)
    for (let time = 0; time < 4; time++) refused(await ask(), 401, 'API_UNAUTHENTICATED')
    const wait = await ask()
    refused(wait, 429, 'API_RATE_LIMITED')
    assert.equal(wait.headers['retry-after'], '1')
    refused(await ask('guess'), 429, 'API_RATE_LIMITED')
    refused(await narrow.ask('POST', '/api/v1/auth/passkey/begin', { body: {} }), 429, 'API_RATE_LIMITED')
    refused(await narrow.ask('GET', '/api/openapi.json'), 429, 'API_RATE_LIMITED')
    for (let time = 0; time < 5; time++) assert.equal((await ask('owner')).status, 200)
    refused(await ask('owner'), 429, 'API_RATE_LIMITED')
    narrow.clock.advance(1_000)
    assert.equal((await ask('owner')).status, 200)
    refused(await ask('guess'), 401, 'API_UNAUTHENTICATED')
    await narrow.close()
  })

  test('waits for nobody for ever', async () => {
    const route = plainRoute({
      method: 'POST',
      path: '/slow',
      summary: '',
      tag: '',
      access: 'status:read',
      response: z.object({}),
      handle: () => {
        queueMicrotask(() => slow.clock.advance(60_000))
        return new Promise(() => undefined)
      },
    })
    const slow = await apiWorld({ routes: [route] })
    slow.enter('owner', 'owner', undefined)
    refused(await slow.ask('POST', '/api/v1/slow', { as, headers: { 'idempotency-key': 'k' } }), 503, 'API_TIMEOUT')
    // Nobody knows whether it was done: it is not done again by itself.
    refused(
      await slow.ask('POST', '/api/v1/slow', { as, headers: { 'idempotency-key': 'k' } }),
      409,
      'API_IDEMPOTENCY_KEY',
    )
    await slow.close()
  })

  test('a key does what its scopes say', async () => {
    const asker = { actor: { kind: 'operator', name: 'test' }, organisationId: undefined, role: 'machine' } as const
    const made = await world.identity.addApiKey(asker, new Set(['extensions:read']), {
      organisationId: undefined,
      name: 'reader',
      scopes: ['extensions:read'],
      networks: [],
      expiresAt: world.clock.now() + 60_000,
    })
    assert.ok(made.ok)
    const key = made.value.secret.reveal()
    assert.equal((await world.ask('GET', '/api/v1/extensions', { as: key })).status, 200)
    refused(
      await world.ask('POST', '/api/v1/extensions', { as: key, body: { number: '1', name: 'x' } }),
      403,
      'API_FORBIDDEN',
    )
    assert.equal(world.events.at(-1)?.type, 'people.forbidden')
    refused(await world.ask('GET', '/api/v1/session', { as: key }), 403, 'API_FORBIDDEN')
    refused(await world.ask('GET', '/api/v1/extensions', { as: `${key.slice(0, -1)}x` }), 401, 'API_UNAUTHENTICATED')
  })
})

test('what somebody may not do is told, and fills no log', async () => {
  world.enter('curious', 'auditor', world.organisations.one)
  const told = (): number => world.events.filter(({ type }) => type === 'people.forbidden').length
  const before = told()
  for (let time = 0; time < 30; time++) {
    refused(await world.ask('DELETE', '/api/v1/extensions/1', { as: 'curious' }), 403, 'API_FORBIDDEN')
  }
  assert.equal(told() - before, 10)
})

describe('the own page', () => {
  before(async () => {
    for (const number of ['601', '602']) {
      await post('/extensions', { number, name: `Phone ${number}` })
      await post('/devices', { extension: number })
    }
    world.enter('user', 'user', world.organisations.one, { extension: '601' })
    world.enter('nobody', 'user', world.organisations.one)
  })

  const own = (method: string, path: string, body?: unknown): Promise<Answer> =>
    world.ask(method, `/api/v1/me${path}`, { as: 'user', ...(body === undefined ? {} : { body }) })

  test('shows and changes the own extension alone', async () => {
    const { body } = await own('GET', '/extension')
    assert.equal(body['number'], '601')
    const changed = await own('PATCH', '/extension', { doNotDisturb: true })
    assert.equal(changed.status, 200, changed.text)
    assert.equal((changed.body['calling'] as { doNotDisturb: boolean }).doNotDisturb, true)
    for (const more of [{ extension: '602' }, { callerId: '+4930200' }, { maximumCalls: 9 }]) {
      refused(await own('PATCH', '/extension', more), 400, 'API_INVALID')
    }
    const devices = (await own('GET', '/devices')).body['items'] as { extension: string }[]
    assert.deepEqual(
      devices.map(each => each.extension),
      ['601'],
    )
    assert.deepEqual((await own('GET', '/calls')).body, { items: [], next: null })
    assert.deepEqual((await own('GET', '/approvals')).body, { items: [], next: null })
    refused(await own('POST', '/approvals/nothing/approve', { seconds: 60 }), 404, 'FRAUD_UNKNOWN')
  })

  test('is empty for who has none', async () => {
    refused(await world.ask('GET', '/api/v1/me/extension', { as: 'nobody' }), 404, 'API_UNKNOWN')
    refused(await world.ask('GET', '/api/v1/me/calls', { as: 'nobody' }), 404, 'API_UNKNOWN')
  })
})
