/** The interface from the outside: pages, conditions, keys that do once, bounds, and every shape of an error. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { type Answer, type ApiWorld, apiWorld, type Asked } from '../../../test/support/api-world.ts'
import { problemSchema } from './problem.ts'
import { type ApiRoute, plainRoute } from './route.ts'

let world: ApiWorld

before(async () => {
  world = await apiWorld()
  world.enter('owner', 'owner', undefined)
  world.enter('other', 'owner', undefined)
})

after(() => world.close())

const as = 'owner'
const get = (path: string, headers: Asked['headers'] = {}): Promise<Answer> =>
  world.ask('GET', `/api/v1${path}`, { as, headers })
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

test('an extension is added, read, listed and removed', async () => {
  const added = await post('/extensions', { number: '100', name: 'Reception' })
  assert.equal(added.status, 201, added.text)
  const read = await get('/extensions/100')
  assert.equal(read.status, 200, read.text)
  assert.deepEqual(read.body, added.body)
  assert.deepEqual((await get('/extensions')).body, { items: [read.body], next: null })
  assert.equal((await world.ask('DELETE', '/api/v1/extensions/100', { as })).status, 200)
  refused(await get('/extensions/100'), 404, 'API_UNKNOWN')
})

describe('pages', () => {
  before(async () => {
    for (let number = 300; number < 325; number++) await post('/extensions', { number: String(number), name: 'x' })
  })

  test('hold each item once and in order, whatever is added and removed meanwhile', async () => {
    const seen: string[] = []
    let cursor = ''
    for (;;) {
      const { body } = await get(`/extensions?limit=7${cursor}`)
      seen.push(...(body['items'] as { number: string }[]).map(each => each.number))
      if (seen.length === 7) {
        await world.ask('DELETE', '/api/v1/extensions/306', { as })
        await post('/extensions', { number: '3000', name: 'before the cursor' })
      }
      if (body['next'] === null) break
      cursor = `&cursor=${String(body['next'])}`
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 25 }, (_, index) => String(300 + index)),
    )
  })

  test('take no cursor of anybody else, and no limit out of bounds', async () => {
    for (const cursor of ['x', '!!', 'MzA', '%00', 'A'.repeat(600)]) {
      const answer = await get(`/extensions?cursor=${cursor}`)
      if (cursor === 'MzA') assert.equal(answer.status, 200, 'a name of ours')
      else refused(answer, 400, 'API_INVALID', 'cursor')
    }
    for (const limit of ['0', '1001', '-1', '1.5', 'x', '', '1&limit=2']) {
      refused(await get(`/extensions?limit=${limit}`), 400, 'API_INVALID', 'limit')
    }
    refused(await get('/events?cursor=eA'), 400, 'API_INVALID', 'cursor')
    refused(await get('/calls?cursor=eA'), 400, 'API_INVALID', 'cursor')
    refused(await get('/fraud/decisions?cursor=eA'), 400, 'API_INVALID', 'cursor')
  })

  test('of calls lose none that began at the same moment', async () => {
    const { one } = world.organisations
    const times = [5, 4, 4, 4, 3, 2]
    for (const [index, startedAt] of times.entries()) {
      const shared = {
        organisationId: one,
        from: '1',
        to: '2',
        answeredAt: undefined,
        endedAt: undefined,
        end: undefined,
      }
      world.records.push({ id: `call-${index}` as never, startedAt, legs: [], transferredFrom: undefined, ...shared })
    }
    const seen: string[] = []
    for (let next: unknown = ''; next !== null; ) {
      const { body } = await get(`/calls?limit=3${next === '' ? '' : `&cursor=${String(next)}`}`)
      seen.push(...(body['items'] as { id: string }[]).map(each => each.id))
      next = body['next']
    }
    assert.deepEqual(
      seen.toSorted(),
      times.map((_, index) => `call-${index}`),
    )
  })

  test('of the log go back to its beginning', async () => {
    const positions: number[] = []
    for (let next: unknown = ''; next !== null; ) {
      const { body } = await get(`/events?limit=5${next === '' ? '' : `&cursor=${String(next)}`}`)
      positions.push(...(body['items'] as { position: number }[]).map(each => each.position))
      next = body['next']
    }
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => b - a),
    )
    assert.equal(new Set(positions).size, positions.length)
    const visible = world.events.filter(each => each.organisationId !== world.organisations.two)
    assert.equal(positions.length, visible.length)
    const some = await get('/events?types=directory.extension-removed,call.')
    assert.ok(
      (some.body['items'] as { event: { type: string } }[]).every(
        each => each.event.type === 'directory.extension-removed',
      ),
    )
    const asked = await get(`/events/query?q=${encodeURIComponent('type:directory.extension-removed')}`)
    assert.deepEqual(asked.body['items'], some.body['items'], asked.text)
    refused(await get('/events/query?q=type%3A'), 400, 'API_INVALID', 'q')
    refused(await get('/events/query'), 400, 'API_INVALID', 'q')
    refused(await get('/events?types=nonsense'), 400, 'API_INVALID', 'types.0')
  })
})

describe('conditions', () => {
  const patch = (headers: Asked['headers']): Promise<Answer> =>
    world.ask('PATCH', '/api/v1/calling', { as, body: { holidays: ['2026-12-24'] }, headers: headers! })

  test('a reader is told that nothing changed', async () => {
    const { etag } = (await get('/calling')).headers
    assert.match(String(etag), /^"[\w-]{27}"$/)
    for (const condition of [String(etag), `W/${String(etag)}`, `"other", ${String(etag)}`, '*']) {
      const answer = await get('/calling', { 'if-none-match': condition })
      assert.deepEqual([answer.status, answer.text, answer.headers['etag']], [304, '', etag], condition)
    }
    assert.equal((await get('/calling', { 'if-none-match': '"other"' })).status, 200)
  })

  test('a change of what was read before somebody else changed it is refused', async () => {
    const etag = String((await get('/calling')).headers['etag'])
    refused(await patch({ 'if-match': `W/${etag}` }), 412, 'API_CHANGED')
    assert.equal((await patch({ 'if-match': `"other", ${etag}` })).status, 200)
    refused(await patch({ 'if-match': etag }), 412, 'API_CHANGED')
    assert.equal((await patch({ 'if-match': '*' })).status, 200)
    assert.equal((await patch({})).status, 200)
  })

  test('of several who read the same at the same moment, one changes it', async () => {
    let value = 0
    const about = {
      path: '/thing',
      summary: '',
      tag: '',
      access: 'status:read',
      response: z.object({ value: z.int() }),
    } as const
    const read = async () => ({ ok: true, value: { value } }) as const
    const slow = async () => {
      await new Promise(resolve => setTimeout(resolve, 20))
      value++
      return read()
    }
    const routes = [
      plainRoute({ method: 'GET', ...about, handle: read }),
      plainRoute({ method: 'PATCH', ...about, handle: slow }),
    ]
    const one = await apiWorld({ routes })
    one.enter('owner', 'owner', undefined)
    const etag = String((await one.ask('GET', '/api/v1/thing', { as })).headers['etag'])
    const change = (): Promise<Answer> => one.ask('PATCH', '/api/v1/thing', { as, headers: { 'if-match': etag } })
    const answers = await Promise.all([change(), change(), change(), change()])
    assert.deepEqual(answers.map(each => each.status).toSorted(), [200, 412, 412, 412])
    assert.equal(value, 1)
    await one.close()
  })

  test('what can be replaced or removed can be read at the same path', () => {
    const reads = new Set(world.routes.filter(({ method }) => method === 'GET').map(({ path }) => path))
    // Of these nothing is kept that another could have changed.
    const alone = ['/me/sessions/{id}', '/me/passkeys/{id}', '/me/password', '/sessions/{id}', '/api-keys/{id}']
    const without = world.routes
      .filter(({ method, path }) => ['PATCH', 'PUT', 'DELETE'].includes(method) && !reads.has(path))
      .map(({ path }) => path)
    assert.deepEqual(without.toSorted(), alone.toSorted())
  })

  test('a thing that cannot be read is never the one that was read', async () => {
    const answer = await world.ask('DELETE', '/api/v1/me/password', { as, headers: { 'if-match': '*' } })
    refused(answer, 412, 'API_CHANGED')
  })
})

describe('a key that does once', () => {
  const add = (number: string, key: string, who = as): Promise<Answer> =>
    post('/extensions', { number, name: 'once' }, { as: who, headers: { 'idempotency-key': key } })

  test('answers the second time what it answered the first, and does nothing', async () => {
    const first = await add('400', 'key-1')
    const count = world.events.length
    const second = await add('400', 'key-1')
    assert.deepEqual([second.status, second.text], [201, first.text])
    assert.deepEqual(
      [first.headers['idempotency-replayed'], second.headers['idempotency-replayed']],
      [undefined, 'true'],
    )
    assert.equal(world.events.length, count)
    const refusal = await add('400', 'key-2')
    assert.equal(refusal.status, 409)
    assert.equal((await add('400', 'key-2')).text, refusal.text)
  })

  test('is of one person, one request and one day', async () => {
    refused(await add('401', 'key-1'), 409, 'API_IDEMPOTENCY_KEY')
    refused(await add('400', 'key-1', 'other'), 409, 'DIRECTORY_EXTENSION_EXISTS')
    world.clock.advance(86_400_001)
    for (const name of ['owner', 'other']) world.enter(name, 'owner', undefined)
    refused(await add('400', 'key-1'), 409, 'DIRECTORY_EXTENSION_EXISTS')
  })

  test('is one request at a time', async () => {
    const answers = await Promise.all([add('402', 'key-3'), add('402', 'key-3'), add('402', 'key-3')])
    const done = answers.filter(each => each.status === 201)
    assert.ok(done.length >= 1)
    for (const each of answers.filter(other => other.status !== 201)) refused(each, 409, 'API_IDEMPOTENCY_KEY')
    const added = world.events.filter(
      ({ type, data }) => type === 'directory.extension-added' && 'extension' in data && data.extension === '402',
    )
    assert.equal(added.length, 1)
  })

  test('has a shape', async () => {
    for (const key of ['', 'x'.repeat(256), 'two words', 'ä']) {
      refused(await add('403', key), 400, 'API_INVALID', 'Idempotency-Key')
    }
  })
})

describe('errors', () => {
  test('name the field and the fix', async () => {
    refused(await post('/extensions', { number: '500' }), 400, 'API_INVALID', 'name')
    refused(await post('/extensions', { number: 500, name: 'x' }), 400, 'API_INVALID', 'number')
    const both = await post('/extensions', { number: 500, name: 'x'.repeat(300), more: 1 })
    assert.equal((both.body['errors'] as unknown[]).length, 3)
    refused(await post('/extensions', [1]), 400, 'API_INVALID', 'body')
    refused(await get('/extensions?nonsense=1'), 400, 'API_INVALID')
    refused(await get('/status?x=1'), 400, 'API_INVALID', 'x')
    refused(await post('/alerts/test', { x: 1 }), 400, 'API_INVALID')
  })

  test('of a body that is none', async () => {
    for (const body of [
      '{',
      'null,',
      '{"number":"1","number":}',
      '"\u0000',
      '{"__proto__":{"a":1}}',
      '{"constructor":{"prototype":{}}}',
    ]) {
      refused(await post('/extensions', body), 400, 'API_INVALID')
    }
    refused(await post('/extensions', `${'['.repeat(17)}${']'.repeat(17)}`), 400, 'API_INVALID')
    refused(await post('/extensions', `{"number":"${'1'.repeat(70_000)}"}`), 413, 'API_TOO_LARGE')
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      refused(await post('/extensions', 'a=b', { headers: { 'content-type': type } }), 415, 'API_MEDIA_TYPE')
    }
  })

  test('of a path and a method that are none', async () => {
    refused(await get('/nonsense'), 404, 'API_UNKNOWN')
    refused(await world.ask('GET', '/api/', { as }), 404, 'API_UNKNOWN')
    refused(await get('/extensions/'), 404, 'API_UNKNOWN')
    refused(await get('/EXTENSIONS'), 404, 'API_UNKNOWN')
    refused(await get('/extensions/..%2Ftrunks'), 404, 'API_UNKNOWN')
    refused(await get(`/extensions/${'1'.repeat(300)}`), 404, 'API_UNKNOWN')
    refused(await get('/extensions/%ff'), 404, 'API_UNKNOWN')
    const method = await world.ask('PUT', '/api/v1/extensions', { as, body: {} })
    refused(method, 405, 'API_METHOD')
    assert.equal(method.headers['allow'], 'GET, POST')
  })

  test('of whoever is nobody, before their body is read', async () => {
    const answer = await world.ask('POST', '/api/v1/extensions', { body: '{' })
    refused(answer, 401, 'API_UNAUTHENTICATED')
    assert.match(String(answer.headers['www-authenticate']), /^Bearer/)
    const headers = { connection: 'keep-alive' }
    const [unread, empty] = [
      await world.ask('POST', '/api/v1/extensions', { body: '{', headers }),
      await world.ask('GET', '/api/v1/extensions', { headers }),
    ]
    assert.deepEqual(
      [unread, empty].map(each => each.headers['connection']),
      ['close', 'keep-alive'],
    )
  })

  test('say nothing of the inside', async () => {
    const inside = await failing(() => Promise.reject(new Error('SELECT secret FROM people')))
    refused(inside.fault, 500, 'OPERATION_FAILED')
    assert.doesNotMatch(inside.fault.text, /SELECT|at /)
    const away = await failing(() =>
      Promise.reject(Object.assign(new Error('host db-7'), { code: 'STORE_UNAVAILABLE' })),
    )
    refused(away.fault, 503, 'STORE_UNAVAILABLE')
    assert.doesNotMatch(away.fault.text, /db-7/)
  })

  test('every answer forbids to be framed, kept, guessed and run', async () => {
    const answers = [
      await get('/extensions'),
      await get('/nonsense'),
      await world.ask('GET', '/api/openapi.json'),
      await post('/extensions', '{'),
    ]
    for (const { headers } of answers) {
      assert.match(String(headers['content-security-policy']), /default-src 'none'; frame-ancestors 'none'/)
      assert.match(String(headers['strict-transport-security']), /max-age=31536000/)
      assert.equal(headers['x-frame-options'], 'DENY')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['access-control-allow-origin'], undefined)
    }
  })

  async function failing(handle: ApiRoute['handle']): Promise<{ readonly fault: Answer }> {
    const route = plainRoute({ method: 'POST', path: '/fails', summary: '', tag: '', access: 'status:read', handle })
    const small = await apiWorld({ routes: [route] })
    small.enter('owner', 'owner', undefined)
    const fault = await small.ask('POST', '/api/v1/fails', { as })
    await small.close()
    return { fault }
  }
})
