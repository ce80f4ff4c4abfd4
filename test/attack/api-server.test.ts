/** The HTTP interface of a server that runs: a program with a key from the command line, over a restart, and what is closed to it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'

let server: Ringfence
let key: string

interface Heard {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

before(async () => {
  server = await startRingfence({ name: 'api-server' })
  const scopes = 'status:read,extensions:read,extensions:write,log:read'
  const made = await server.json<{ secret: string }>('api-key', 'add', 'robot', '--scope', scopes)
  key = made.secret
})

after(() => server.stop())

interface Asked {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Answers before its end are enough where they have this. */
  readonly until?: RegExp
}

function ask(method: string, path: string, { body, headers = {}, until }: Asked = {}): Promise<Heard> {
  const { promise, resolve, reject } = Promise.withResolvers<Heard>()
  const content = body === undefined ? undefined : JSON.stringify(body)
  const call = request(
    {
      host: '127.0.0.1',
      port: server.ready.https.port,
      method,
      path,
      ca: server.caPem,
      // Whatever `Host` says.
      servername: 'localhost',
      agent: false,
      headers: {
        authorization: `Bearer ${key}`,
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    },
    response => {
      let text = ''
      const heard = (): Heard => ({ status: response.statusCode ?? 0, headers: response.headers, text })
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
        if (until?.test(text) !== true) return
        resolve(heard())
        call.destroy()
      })
      response.once('end', () => resolve(heard()))
    },
  )
  call.once('error', reject)
  call.end(content)
  return promise
}

test('a key from the command line reads and changes what its scopes say', async () => {
  const status = await ask('GET', '/api/v1/status')
  assert.equal(status.status, 200, status.text)
  assert.equal((JSON.parse(status.text) as { extensions: number }).extensions, 0)
  assert.equal((await ask('POST', '/api/v1/extensions', { body: { number: '101', name: 'Desk' } })).status, 201)
  assert.match((await ask('GET', '/api/v1/extensions')).text, /"number":"101"/)
  assert.equal((await ask('GET', '/api/v1/trunks')).status, 403)
  assert.equal((await ask('GET', '/api/v1/status', { headers: { authorization: `Bearer ${key}x` } })).status, 401)
  assert.equal((await ask('GET', '/api/v1/status', { headers: { host: 'attacker.example' } })).status, 421)
  const added = /"actor":\{"kind":"api-key","name":"robot"/
  const { text } = await ask('GET', '/api/v1/events/stream', { headers: { 'last-event-id': '0' }, until: added })
  assert.match(text, added)
  const log = await ask('GET', '/api/v1/events?types=directory.extension-added')
  assert.match(log.text, added)
  assert.doesNotMatch(log.text, new RegExp(key))
})

test('the stream tells what the command line does', async () => {
  const stream = ask('GET', '/api/v1/events/stream', { headers: { 'last-event-id': '0' }, until: /"extension":"102"/ })
  await server.addExtension('102')
  assert.match((await stream).text, /^event: directory\.extension-added$/m)
})

test('what was done once is done once over a restart', async () => {
  const once = { body: { extension: '101', label: 'desk' }, headers: { 'idempotency-key': '4f9d6a3c-once' } }
  const first = await ask('POST', '/api/v1/devices', once)
  assert.equal(first.status, 201, first.text)
  // A crash: nothing was written on the way out.
  await server.crash()
  server = await server.restart()
  const second = await ask('POST', '/api/v1/devices', once)
  assert.deepEqual([second.text, second.headers['idempotency-replayed']], [first.text, 'true'])
  const { items } = JSON.parse((await ask('GET', '/api/v1/devices')).text) as { readonly items: readonly unknown[] }
  assert.equal(items.length, 1)
})

test('the interface is closed to networks that the configuration does not name', async () => {
  const file = join(server.data.path, 'closed.yaml')
  writeFileSync(file, 'administration: { networks: [192.0.2.0/24] }\n')
  await server.halt()
  server = await startRingfence({ name: 'api-server', data: server.data, arguments: ['--config', file] })
  const answer = await ask('GET', '/api/v1/status')
  assert.equal(answer.status, 403)
  assert.match(answer.text, /administration\.networks/)
  assert.equal((await ask('GET', '/healthz')).status, 200)
})
