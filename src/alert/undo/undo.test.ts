/** The link of an alert over the real HTTPS listener: reading it changes nothing, its button does, once. */
import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { after, before, test } from 'node:test'
import { createHttpsServer, type HttpsServer } from '../../api/https-server.ts'
import { ManualClock } from '../../base/clock.ts'
import type { OrganisationId } from '../../base/ids.ts'
import { randomToken } from '../../base/random.ts'
import { createDecisionTable, type KeptDecision } from '../../guard/enforce/decision-table.ts'
import type { Decision } from '../../guard/types.ts'
import { createTestAuthority, type TestAuthority } from '../../sip/transport/test-certificates.ts'
import { createUndoLinks, type UndoLinks } from './undo-links.ts'
import { createUndoRoute } from './undo-route.ts'

const OURS = 'o1' as OrganisationId
const DAY = 86_400_000

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let authority: TestAuthority
const running: HttpsServer[] = []

before(async () => {
  authority = await createTestAuthority()
})
after(() => Promise.all(running.map(server => server.stop())))

let count = 0

function decision(at: number, more: Partial<Decision> = {}): Decision {
  const said = { reason: '<script>alert(1)</script> & "more"', evidence: {}, callId: undefined }
  const about = { organisationId: OURS, subject: `s${count}`, rule: 'FRAUD_BURST', mode: 'on', at } as const
  return { id: `d${++count}`, response: 'suspend', expiresAt: undefined, ...about, ...said, ...more }
}

async function world() {
  const clock = new ManualClock()
  const table = createDecisionTable()
  const undone: (readonly [string, string])[] = []
  const state: { fault: Error | undefined } = { fault: undefined }
  let port = 0
  const links: UndoLinks = createUndoLinks(table, () => `https://127.0.0.1:${port}`)
  const route = createUndoRoute({
    clock,
    links,
    besides: ({ id }) => table.holdingTheSame(id, clock.now()),
    nameOf: () => 'extension <101>',
    async undo({ id }: KeptDecision, source: string) {
      if (state.fault !== undefined) throw state.fault
      if (table.settle(id, 'undone') === undefined) return false
      undone.push([id, source])
      return true
    },
  })
  const server = createHttpsServer({
    address: '127.0.0.1',
    port: 0,
    identity: await authority.issue(['127.0.0.1']),
    caPem: undefined,
    healthy: () => true,
    route,
  })
  running.push(server)
  port = (await server.start()).port
  const ask = (path: string, method = 'GET'): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const url = path.startsWith('https:') ? path : `https://127.0.0.1:${port}${path}`
    const call = request(url, { method, ca: authority.certificatePem, agent: false }, answer => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (text: string) => (body += text))
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
    })
    call.once('error', reject)
    call.end()
    return promise
  }
  const offer = (more: Partial<Decision> = {}) => {
    const { id } = table.add(decision(clock.now(), more), clock.now()).decision
    return { id, link: links.offer(id, clock.now()) }
  }
  return { clock, table, undone, state, ask, offer, links }
}

test('reading the link says what would be taken back and changes nothing, however often a scanner does it', async () => {
  const { ask, offer, table, undone, clock } = await world()
  const { id, link } = offer()
  for (const method of ['GET', 'HEAD', 'GET']) {
    const { status, body, headers } = await ask(link!.url, method)
    assert.equal(status, 200)
    assert.equal(body === '', method === 'HEAD')
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'; .*form-action 'self'; frame-ancestors 'none'/,
    )
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cache-control'], 'no-store')
  }
  const { body } = await ask(link!.url)
  assert.match(body, /extension &lt;101&gt; was suspended/)
  assert.match(body, /<form method="post">/)
  assert.doesNotMatch(body, /<script|https?:/)
  assert.equal(table.get(id)?.state, 'in-force')
  assert.notEqual(table.heldPayer(OURS, table.get(id)!.subject, clock.now()), undefined)
  assert.deepEqual(undone, [])
})

test('what else holds the same is shown', async () => {
  const { ask, offer, table, clock } = await world()
  const { link } = offer({ subject: 'same' })
  table.add(
    decision(clock.now(), { subject: 'same', rule: 'FRAUD_OTHER', reason: 'it <b>also</b> did this' }),
    clock.now(),
  )
  const { body } = await ask(link!.url)
  assert.match(body, /<dt>And<\/dt><dd>it &lt;b&gt;also&lt;\/b&gt; did this \(FRAUD_OTHER\)<\/dd>/)
})

test('its button takes it back, once, and says from where', async () => {
  const { ask, offer, undone } = await world()
  const { id, link } = offer()
  const nowhere = await ask('/nowhere')
  const done = await ask(link!.url, 'POST')
  assert.equal(done.status, 200)
  assert.match(done.body, /It was taken back/)
  assert.deepEqual(undone, [[id, '127.0.0.1']])
  for (const method of ['POST', 'GET']) {
    const again = await ask(link!.url, method)
    assert.deepEqual([again.status, again.body], [404, nowhere.body])
  }
  assert.equal(undone.length, 1)
})

test('ten clicks at once take it back once', async () => {
  const { ask, offer, undone } = await world()
  const { link } = offer()
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(link!.url, 'POST')))
  assert.equal(answers.filter(each => each.status === 200).length, 1)
  assert.equal(undone.length, 1)
})

test('a wrong token looks like any path that is not there', async () => {
  const { ask, offer } = await world()
  const { link } = offer()
  const { date: _1, ...expected } = (await ask('/nowhere')).headers
  const token = link!.url.slice(link!.url.lastIndexOf('/') + 1)
  const wrong = [
    randomToken(32),
    token.slice(1),
    `${token}A`,
    `${token}/`,
    `${token}?x`,
    token.toLowerCase() === token ? token.toUpperCase() : token.toLowerCase(),
    '',
  ]
  for (const each of wrong) {
    const { status, headers, body } = await ask(`/undo/${each}`)
    const { date: _2, ...got } = headers
    assert.deepEqual([status, got, body], [404, expected, 'Not found\n'], each)
  }
  assert.equal((await ask(link!.url, 'PUT')).status, 404)
})

test('who tries many is not heard for a minute, and then is', async () => {
  const { ask, offer, clock } = await world()
  const { link } = offer()
  for (let tries = 0; tries < 10; tries++) await ask(`/undo/${randomToken(32)}`)
  assert.equal((await ask(link!.url)).status, 404)
  clock.advance(60_000)
  assert.equal((await ask(link!.url)).status, 200)
})

test('a link ends after seven days, or with its decision', async () => {
  const { ask, offer, clock } = await world()
  const long = offer()
  const short = offer({ response: 'block-destination', prefix: '88213', expiresAt: clock.now() + DAY })
  assert.deepEqual(
    [long, short].map(each => each.link!.until - clock.now()),
    [7 * DAY, DAY],
  )
  clock.advance(DAY - 1)
  assert.match((await ask(short.link!.url)).body, /calls to \+88213 were closed/)
  clock.advance(1)
  assert.equal((await ask(short.link!.url, 'POST')).status, 404)
  clock.advance(6 * DAY - 1)
  assert.equal((await ask(long.link!.url)).status, 200)
  clock.advance(1)
  assert.equal((await ask(long.link!.url, 'POST')).status, 404)
})

test('only what holds or closes something has a link, and the text of it is kept nowhere', async () => {
  const { offer, table, clock } = await world()
  const none: readonly Partial<Decision>[] = [
    { mode: 'dry-run' },
    { response: 'alert' },
    { response: 'block' },
    { response: 'confirm', approval: { kind: 'country', value: 'FR' } },
  ]
  for (const each of none) assert.equal(offer(each).link, undefined)
  const { link } = offer()
  const token = link!.url.slice(link!.url.lastIndexOf('/') + 1)
  assert.equal(Buffer.from(token, 'base64url').length, 32)
  assert.doesNotMatch(JSON.stringify(table.list(OURS, clock.now())), new RegExp(token))
})

test('what could not be done is said, and the link still works', async () => {
  const { ask, offer, state, undone } = await world()
  const { link } = offer()
  state.fault = new Error('secret words about the store')
  const failed = await ask(link!.url, 'POST')
  assert.equal(failed.status, 503)
  assert.doesNotMatch(failed.body, /secret/)
  state.fault = undefined
  assert.equal((await ask(link!.url, 'POST')).status, 200)
  assert.equal(undone.length, 1)
})
