import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { ApiError, configureClient, etagOf, forgetRead, get, patch, pathOf, post, setCsrf } from './client.ts'

interface Sent {
  readonly url: string
  readonly method: string
  readonly headers: Record<string, string>
}

const realFetch = globalThis.fetch

afterEach(() => {
  globalThis.fetch = realFetch
  forgetRead()
  setCsrf(undefined)
  configureClient({ sessionEnd: () => undefined, stepUp: async () => false, reach: () => undefined })
})

/** Answers one after the other; `undefined`: the connection breaks. */
function answers(...all: readonly (Response | undefined)[]): Sent[] {
  const sent: Sent[] = []
  globalThis.fetch = async (url, init) => {
    const response = all[sent.length]
    sent.push({
      url: String(url),
      method: init?.method ?? 'GET',
      headers: init?.headers as Record<string, string>,
    })
    if (response === undefined) throw new TypeError('fetch failed')
    return response
  }
  return sent
}

async function refusalOf(asked: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await asked.catch((each: unknown) => each)
  assert.ok(error instanceof ApiError, String(error))
  return error
}

function problem(status: number, code: string, errors: readonly { field: string; message: string }[] = []): Response {
  return Response.json({ status, code, title: code, detail: `what ${code} means`, errors }, { status })
}

test('a problem names its field', async () => {
  answers(problem(400, 'API_INVALID', [{ field: 'email', message: 'is taken' }]))
  const error = await refusalOf(post('/people', {}))
  assert.equal(error.field('email'), 'is taken')
  assert.equal(error.field('name'), undefined)
  assert.equal(error.message, 'what API_INVALID means')
})

test('an answer that is no problem document is told as what it is', async () => {
  answers(new Response('<html>bad gateway', { status: 502 }))
  const error = await refusalOf(get('/status'))
  assert.equal(error.problem.status, 502)
  assert.equal(error.problem.code, 'STRANGE')
})

test('what wants a fresh second factor asks for it, and is sent again once', async () => {
  const sent = answers(problem(403, 'API_STEP_UP_NEEDED'), Response.json({ id: 'x' }))
  let asked = 0
  configureClient({
    sessionEnd: () => undefined,
    reach: () => undefined,
    async stepUp() {
      asked += 1
      return true
    },
  })
  assert.deepEqual(await post('/people', { name: 'x' }), { id: 'x' })
  assert.deepEqual([asked, sent.length], [1, 2])
})

test('whoever gives no second factor gets the refusal, and nothing is sent again', async () => {
  const sent = answers(problem(403, 'API_STEP_UP_NEEDED'))
  const error = await refusalOf(post('/people', {}))
  assert.equal(error.problem.code, 'API_STEP_UP_NEEDED')
  assert.equal(sent.length, 1)
})

test('a change that was lost on its way has the same key when it is sent again, and a new one after an answer', async () => {
  const sent = answers(undefined, Response.json({}), Response.json({}))
  const reached: boolean[] = []
  configureClient({ sessionEnd: () => undefined, stepUp: async () => false, reach: on => reached.push(on) })
  const error = await refusalOf(post('/extensions', { number: '101' }))
  assert.equal(error.problem.code, 'OFFLINE')
  await post('/extensions', { number: '101' })
  await post('/extensions', { number: '101' })
  const keys = sent.map(each => each.headers['idempotency-key'])
  assert.equal(keys[0], keys[1])
  assert.notEqual(keys[1], keys[2])
  assert.deepEqual(reached, [false, true, true])
})

test('only an answer that says so ends the session, and not a wrong password', async () => {
  let ended = 0
  configureClient({ sessionEnd: () => (ended += 1), stepUp: async () => false, reach: () => undefined })
  answers(problem(401, 'API_UNAUTHENTICATED'), problem(401, 'API_UNAUTHENTICATED'), problem(403, 'API_FORBIDDEN'))
  await get('/status').catch(() => undefined)
  await post('/auth/password', {}).catch(() => undefined)
  await get('/people').catch(() => undefined)
  assert.equal(ended, 1)
})

test('a form sends the tag of what was on the screen', async () => {
  const sent = answers(Response.json({}, { headers: { etag: '"one"' } }), problem(412, 'API_CHANGED'))
  await get('/calling')
  const error = await refusalOf(patch('/calling', {}, { ifMatch: etagOf('/calling') }))
  assert.equal(sent[1]?.headers['if-match'], '"one"')
  assert.equal(error.problem.code, 'API_CHANGED')
})

test('reads carry no token of changes, and changes do', async () => {
  setCsrf('token')
  const sent = answers(Response.json({}), Response.json({}))
  await get('/status')
  await post('/alerts/test')
  assert.equal(sent[0]?.headers['x-csrf-token'], undefined)
  assert.equal(sent[1]?.headers['x-csrf-token'], 'token')
  assert.ok(sent[1]?.headers['idempotency-key'])
})

test('a path from hostile parts stays one path', () => {
  assert.equal(pathOf`/extensions/${'../people'}`, '/extensions/..%2Fpeople')
  assert.equal(pathOf`/calls/${'a?b#c'}`, '/calls/a%3Fb%23c')
})
