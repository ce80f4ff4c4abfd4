/** Against a real HTTPS receiver that checks the signature by itself. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, LookupFunction } from 'node:net'
import { after, before, test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { randomBytes } from '../base/random.ts'
import { Secret } from '../base/secret.ts'
import { createTestAuthority, type TestAuthority } from '../sip/transport/test-certificates.ts'
import { isPublicAddress } from '../stir/public-address.ts'
import type { AlertMessage } from './types.ts'
import { createWebhookChannel, type WebhookOptions } from './webhook.ts'

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const key = randomBytes(32).toString('base64')
const received: Received[] = []
let authority: TestAuthority
let server: Server
let port = 0

before(async () => {
  authority = await createTestAuthority()
  const identity = await authority.issue(['127.0.0.1', 'hooks.example'])
  server = createServer({ cert: identity.certificateChainPem, key: identity.privateKeyPem }, (request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (text: string) => (body += text))
    request.on('end', () => {
      const { method, url, headers } = request
      received.push({ method, url, headers, body })
      if (url === '/silent') return
      if (url === '/away') return void response.writeHead(302, { location: `https://127.0.0.1:${port}/other` }).end()
      const status = /^\/(\d{3})$/.exec(url ?? '')?.[1]
      response.writeHead(Number(status ?? 204)).end()
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const message: AlertMessage = {
  more: 2,
  notice: {
    id: '0190-1',
    type: 'fraud.suspended',
    at: 1_700_000_000_000,
    urgency: 'critical',
    group: 'g',
    title: 'Extension 101 was suspended',
    happened: 'Twenty calls in a minute.',
    who: 'extension 101 (Ümläut)',
    cost: '1.50 EUR',
    prevented: undefined,
    done: 'Suspended.',
    advice: undefined,
    undo: { url: 'https://pbx.example/undo/x', until: 1_700_000_100_000 },
    details: { rule: 'FRAUD_BURST' },
  },
}

const HERE: LookupFunction = (_name, _options, callback) => {
  const found = [{ address: '127.0.0.1', family: 4 }]
  ;(callback as (error: null, all: typeof found) => void)(null, found)
}

function channel(path: string, more: Partial<WebhookOptions> = {}, host = '127.0.0.1') {
  return createWebhookChannel({
    url: `https://${host}:${port}${path}`,
    secret: new Secret(key),
    clock: new ManualClock(1_700_000_001_500),
    isPublicAddress,
    caPem: authority.certificatePem,
    lookup: HERE,
    timeoutMs: 5_000,
    ...more,
  })
}

test('a message arrives, signed, with all that it says', async () => {
  assert.deepEqual(await channel('/hook?a=b').send(message), { ok: true, value: undefined })
  const { method, url, headers, body } = received.at(-1)!
  assert.deepEqual([method, url, headers['content-type']], ['POST', '/hook?a=b', 'application/json'])
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers
  const own = createHmac('sha256', Buffer.from(key, 'base64')).update(`${String(id)}.${String(timestamp)}.${body}`)
  assert.equal(headers['webhook-signature'], `v1,${own.digest('base64')}`)
  assert.deepEqual([id, timestamp], ['msg_0190-1', '1700000001'])
  const { type, timestamp: at, data } = JSON.parse(body) as { type: string; timestamp: string; data: object }
  assert.deepEqual([type, at], ['fraud.suspended', '2023-11-14T22:13:20.000Z'])
  const { notice } = message
  const undo = { url: 'https://pbx.example/undo/x', until: '2023-11-14T22:15:00.000Z' }
  const { at: _at, group: _group, type: _type, ...said } = notice
  assert.deepEqual(data, { ...said, prevented: null, advice: null, undo, page: null, more: 2 })
})

for (const [status, temporary] of [
  [404, true],
  [429, true],
  [500, true],
  [410, false],
] as const) {
  test(`an answer of ${status} is ${temporary ? 'tried again' : 'the end of it'}`, async () => {
    const detail = `answered ${status}`
    assert.deepEqual(await channel(`/${status}`).send(message), { ok: false, error: { temporary, detail } })
  })
}

test('a redirection is not followed', async () => {
  const before = received.length
  const detail = 'answered 302, a redirection, which is not followed'
  assert.deepEqual(await channel('/away').send(message), { ok: false, error: { temporary: false, detail } })
  assert.equal(received.length, before + 1)
})

test('a receiver that says nothing is left', async () => {
  const result = await channel('/silent', { timeoutMs: 300 }).send(message)
  assert.deepEqual(result, { ok: false, error: { temporary: true, detail: 'no answer within 300 ms' } })
})

test('a certificate that is not good, or of another name, gets nothing', async () => {
  const before = received.length
  const stranger = await createTestAuthority()
  const result = await channel('/hook', { caPem: stranger.certificatePem }).send(message)
  assert.ok(!result.ok && result.error.temporary)
  const other = await channel('/hook', { networks: ['127.0.0.0/8'] }, 'other.example').send(message)
  assert.ok(!other.ok && /altname|match/i.test(other.error.detail))
  assert.equal(received.length, before)
})

test('a name that leads into the private network gets nothing, unless the network is named', async () => {
  const before = received.length
  const refused = await channel('/hook', {}, 'hooks.example').send(message)
  assert.ok(!refused.ok && /not public/.test(refused.error.detail))
  const elsewhere = await channel('/hook', { networks: ['10.0.0.0/8'] }, 'hooks.example').send(message)
  assert.ok(!elsewhere.ok)
  assert.equal(received.length, before)
  assert.ok((await channel('/hook', { networks: ['127.0.0.1/32'] }, 'hooks.example').send(message)).ok)
  assert.equal(received.length, before + 1)
})

test('a name on the public internet that leads elsewhere as well is asked there alone', async () => {
  const asked: string[] = []
  const both: LookupFunction = (_name, _options, callback) => {
    const found = ['10.1.2.3', '127.0.0.1'].map(address => ({ address, family: 4 }))
    ;(callback as (error: null, all: typeof found) => void)(null, found)
  }
  const only = (address: string): boolean => {
    asked.push(address)
    return address === '127.0.0.1'
  }
  const result = await channel('/hook', { lookup: both, isPublicAddress: only }, 'hooks.example').send(message)
  assert.ok(result.ok)
  assert.deepEqual(asked, ['10.1.2.3', '127.0.0.1'])
})

test('what is not https: is no webhook', () => {
  assert.throws(() => channel('/x', { url: 'http://127.0.0.1/' }), RangeError)
})
