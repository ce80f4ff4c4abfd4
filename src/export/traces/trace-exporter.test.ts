/** Against a real HTTPS receiver, which is away at times. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { newId } from '../../base/ids.ts'
import { Secret } from '../../base/secret.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import { createTestAuthority, type TestAuthority } from '../../sip/transport/test-certificates.ts'
import { createHttpPost } from '../senders/http-post.ts'
import { createTraceExporter, type TraceExporterOptions } from './trace-exporter.ts'

interface Body {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly Record<string, unknown>[] }[]
  }[]
}

let authority: TestAuthority
let server: Server
let status = 200
const received: {
  readonly authorization: string | undefined
  readonly url: string | undefined
  readonly body: Body
}[] = []

before(async () => {
  authority = await createTestAuthority()
  const identity = await authority.issue(['127.0.0.1'])
  server = createServer({ cert: identity.certificateChainPem, key: identity.privateKeyPem }, (request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => (body += part))
    request.on('end', () => {
      const { url, headers } = request
      if (status === 200) received.push({ authorization: headers.authorization, url, body: JSON.parse(body) as Body })
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
})
after(() => {
  server.closeAllConnections()
  server.close()
})

function world(more: Partial<TraceExporterOptions> = {}) {
  const clock = new ManualClock()
  const states: unknown[] = []
  const { port } = server.address() as AddressInfo
  const exporter = createTraceExporter({
    clock,
    sample: 1,
    context: { host: 'pbx.example', version: '1' },
    token: new Secret('Bearer t'),
    http: createHttpPost({
      url: new URL(`https://127.0.0.1:${port}/v1/traces`),
      caPem: authority.certificatePem,
      certificatePem: undefined,
      key: undefined,
      serverName: undefined,
    }),
    onState: state => states.push(state),
    ...more,
  })
  return { clock, states, exporter }
}

let at = 1_700_000_000_000
function call(): readonly RingfenceEvent[] {
  const callId = newId(++at)
  const leg = { number: '101', username: 'u', signalling: 'TLS', tls: 'TLSv1.3', media: 'GCM', codec: 'opus' }
  const event = (type: string, data: object) =>
    ({ id: newId(at), at: ++at, severity: 'info', organisationId: undefined, type, data: { callId, ...data } }) as never
  return [
    event('call.started', { from: '101', to: '102', caller: leg }),
    event('call.ended', { side: 'caller', cause: 'normal', sipCode: 200, durationMs: 1, caller: leg, callee: leg }),
    event('fraud.charged', {
      payer: '101',
      to: '102',
      cost: '0.10',
      currency: 'EUR',
      seconds: 1,
      prefix: '1',
      perMinute: '1',
    }),
  ]
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn++) await new Promise(done => setTimeout(done, 5))
  assert.ok(condition())
}

test('the calls that are over are sent in one request, with what was told of them after their end', async () => {
  const { clock, exporter } = world()
  for (let count = 0; count < 3; count++) for (const each of call()) exporter.take(each)
  assert.deepEqual([received.length, exporter.counts.waiting], [0, 0])
  clock.advance(2_000)
  await until(() => exporter.counts.sent === 3)
  const spans = received.flatMap(each => each.body.resourceSpans[0]!.scopeSpans[0]!.spans)
  assert.equal(spans.length, 6)
  assert.deepEqual([received[0]!.url, received[0]!.authorization], ['/v1/traces', 'Bearer t'])
  for (const span of spans) {
    assert.match(String(span['traceId']), /^[0-9a-f]{32}$/)
    assert.match(String(span['spanId']), /^[0-9a-f]{16}$/)
    assert.match(String(span['startTimeUnixNano']), /^\d{19}$/)
    assert.ok(BigInt(String(span['endTimeUnixNano'])) >= BigInt(String(span['startTimeUnixNano'])))
  }
  assert.match(JSON.stringify(spans), /"name":"fraud\.charged"/)
  await exporter.stop()
  assert.equal(clock.pendingCount, 0)
})

test('while the collector is away calls wait, to a bound; then all that waited is sent', async () => {
  const { clock, exporter, states } = world({ capacity: 5 })
  status = 503
  for (const each of call()) exporter.take(each)
  clock.advance(2_000)
  await until(() => states.length === 1)
  for (let count = 0; count < 8; count++) for (const each of call()) exporter.take(each)
  clock.advance(2_000)
  assert.equal(exporter.counts.dropped, 3)
  status = 200
  const before = received.length
  await until(() => {
    clock.advance(1_000)
    return exporter.counts.sent === 6
  })
  assert.ok(received.length > before)
  assert.equal(states.length, 2)
  assert.ok('awayForMs' in (states[1] as object))
  await exporter.stop()
})

test('what it refuses for good is not sent again; what waits at the end is', async () => {
  const { clock, exporter } = world()
  status = 400
  for (const each of call()) exporter.take(each)
  clock.advance(2_000)
  await until(() => exporter.counts.dropped === 1)
  status = 200
  for (const each of call()) exporter.take(each)
  await exporter.stop()
  assert.equal(exporter.counts.sent, 1)
})

test('a share of the calls, always the same ones; what is told of a call that is over begins none', () => {
  const calls = Array.from({ length: 400 }, call)
  const taken = (sample: number) => {
    const { clock, exporter } = world({ sample, http: { post: () => new Promise(() => undefined), close() {} } })
    return calls.filter(events => {
      const before = exporter.counts.waiting
      for (const each of events) exporter.take(each)
      clock.advance(2_000)
      return exporter.counts.waiting > before
    })
  }
  const half = taken(0.5)
  assert.ok(half.length > 150 && half.length < 250, String(half.length))
  assert.deepEqual(taken(0.5), half)
  assert.equal(taken(0).length, 0)
  const { exporter } = world()
  exporter.take(call()[2]!)
  exporter.take(call()[1]!)
  assert.equal(exporter.counts.waiting, 0)
})
