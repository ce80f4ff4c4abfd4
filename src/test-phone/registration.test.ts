import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { randomBytes } from '../base/random.ts'
import { createAuthenticator } from '../sip/auth/authenticator.ts'
import { digestSecret } from '../sip/auth/digest.ts'
import { buildResponse } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import { createTransactionLayer } from '../sip/transaction/transaction-layer.ts'
import { createTransportLayer } from '../sip/transport/transport-layer.ts'
import { createTestPhone, type TestPhone } from './test-phone.ts'
import type { PhoneOptions } from './options.ts'

const REALM = 'phones.example'
const secrets = {
  'SHA-256': digestSecret('SHA-256', 'alice', REALM, 'secret'),
  MD5: digestSecret('MD5', 'alice', REALM, 'secret'),
}

/** A registrar of a few lines: challenges, verifies, and grants 120 s at most. */
const seen: SipRequest[] = []
let refuseOutbound = false
const authenticator = createAuthenticator({ clock: systemClock, nonceKey: randomBytes(32) })
const transport = createTransportLayer({
  listeners: [{ protocol: 'TCP', address: '127.0.0.1', port: 0 }],
  tls: undefined,
  clock: systemClock,
})
const transactions = createTransactionLayer({
  transport,
  clock: systemClock,
  user: {
    onRequest(request, transaction) {
      seen.push(request)
      const algorithms = ['SHA-256', 'MD5'] as const
      const verified = authenticator.verify({
        credentials: request.headerValues('Authorization'),
        method: request.method,
        requestUri: request.requestUriText,
        realm: REALM,
        binding: 'test',
        algorithms,
        lookup: name => (name === 'alice' ? { secrets } : undefined),
      })
      if (!verified.ok) {
        const stale = verified.reason === 'stale' || verified.reason === 'replayed'
        const headers = authenticator.challenge(REALM, 'test', algorithms, { stale })
        transaction.respond(buildResponse(request, 401, undefined, { toTag: 'r', headers }))
      } else if (refuseOutbound && request.header('Contact')?.includes('reg-id') === true) {
        transaction.respond(buildResponse(request, 439, undefined, { toTag: 'r' }))
      } else {
        const expires = Math.min(120, Number(request.header('Expires')))
        const contact = `${request.header('Contact')};expires=${expires}`
        const headers: [string, string][] = expires === 0 ? [] : [['Contact', contact]]
        transaction.respond(buildResponse(request, 200, undefined, { toTag: 'r', headers }))
      }
    },
    onCancel() {},
    onAck() {},
    onServerTransactionFailed() {},
    onStrayResponse() {},
  },
  sentBy: flow => ({ host: flow.localAddress, port: flow.localPort }),
})
transport.setReceiver(transactions)
const phones: TestPhone[] = []

before(() => transport.start())
after(async () => {
  await Promise.all(phones.map(phone => phone.stop()))
  transactions.stop()
  await transport.stop()
})

function phone(more: Partial<PhoneOptions> = {}): TestPhone {
  seen.length = 0
  const { port } = transport.listeners[0]!
  const outboundProxy = { address: '127.0.0.1', port, transport: 'tcp' as const }
  const created = createTestPhone({ username: 'alice', password: 'secret', domain: REALM, outboundProxy, ...more })
  phones.push(created)
  return created
}

test('registers with SHA-256, uses the nonce again, and takes its binding away', async () => {
  const alice = phone()
  assert.deepEqual(await alice.register(600), { ok: true, expires: 120, algorithm: 'SHA-256' })
  assert.equal(seen.length, 2)
  assert.deepEqual(await alice.register(60), { ok: true, expires: 60, algorithm: 'SHA-256' })
  assert.equal(seen.length, 3, 'no new challenge')
  assert.match(seen[2]!.header('Authorization')!, /nc=00000002/)
  assert.deepEqual(await alice.unregister(), { ok: true, expires: 0, algorithm: 'SHA-256' })
  assert.deepEqual(
    seen.map(request => request.cseq.number),
    [1, 2, 3, 4],
  )
  assert.equal(new Set(seen.map(request => request.callId)).size, 1)
})

test('a phone that knows only MD5 takes the second challenge', async () => {
  assert.deepEqual(await phone({ algorithms: ['MD5'] }).register(), { ok: true, expires: 120, algorithm: 'MD5' })
})

test('a wrong password is tried once', async () => {
  const refused = await phone({ password: 'wrong' }).register()
  assert.deepEqual(refused, { ok: false, status: 401, reason: 'Unauthorized' })
  assert.equal(seen.length, 2)
})

test('a first hop without outbound support: registers without it (RFC 5626 §4.2.1)', async () => {
  refuseOutbound = true
  try {
    assert.equal((await phone().register()).ok, true)
    assert.ok(!seen.at(-1)!.header('Contact')!.includes('reg-id'))
    assert.ok(!seen.at(-1)!.header('Supported')!.includes('outbound'))
  } finally {
    refuseOutbound = false
  }
})

test('nobody there: a refusal, not an exception', async () => {
  const outboundProxy = { address: '127.0.0.1', port: 9, transport: 'tcp' as const }
  const lost = createTestPhone({ username: 'alice', password: 'secret', domain: REALM, outboundProxy })
  phones.push(lost)
  const outcome = await lost.register()
  assert.equal(outcome.ok ? 0 : outcome.status, 503)
  const call = await lost.call('101').outcome
  assert.equal(call.ok ? 0 : call.status, 503)
})
