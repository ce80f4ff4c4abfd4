/** Any order of messages, answers, failures and time: no exception, every request ends, nothing is left. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ServerTransaction } from '../../src/sip/transaction/types.ts'
import { fakeFlow } from '../../src/sip/transport/fake-transport.ts'
import type { Target } from '../../src/sip/transport/types.ts'
import {
  answer,
  assertNothingLeft,
  clientUser,
  ownRequest,
  reply,
  request,
  scenario,
  settle,
} from '../conformance/scenario.ts'

const method = fc.constantFrom('INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'REGISTER', 'MESSAGE')
const few = fc.integer({ min: 0, max: 3 })
const status = fc.constantFrom(100, 180, 183, 200, 202, 302, 401, 408, 486, 487, 500, 503, 603)

const step = fc.oneof(
  fc.record({ do: fc.constant('receive' as const), method, n: few, branch: few, tagged: fc.boolean(), flow: few }),
  fc.record({ do: fc.constant('answer' as const), n: fc.nat(20), status }),
  fc.record({ do: fc.constant('abandon' as const), n: fc.nat(20) }),
  fc.record({ do: fc.constant('send' as const), method, flow: few, targets: fc.boolean() }),
  fc.record({ do: fc.constant('reply' as const), n: fc.nat(20), status, tag: few }),
  fc.record({ do: fc.constant('cancel' as const), n: fc.nat(20) }),
  fc.record({ do: fc.constant('close' as const), flow: few }),
  fc.record({ do: fc.constant('wait' as const), for: fc.constantFrom(0, 1, 199, 500, 3_500, 5_000, 32_000) }),
)

const targets: Target[] = ['192.0.2.31', '192.0.2.32', '192.0.2.33'].map(address => ({
  protocol: 'TLS',
  address,
  port: 5061,
  serverName: undefined,
}))

async function run(steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): Promise<void> {
  const errors: unknown[] = []
  const s = scenario({
    observer: { userFailed: error => void errors.push(error) },
    limits: { maximumTransactions: 12 },
  })
  s.transport.unreachable.add('192.0.2.31')
  const flows = [fakeFlow('UDP'), fakeFlow('UDP', '192.0.2.11'), fakeFlow('TLS'), fakeFlow('TCP', '192.0.2.12')]
  const servers: ServerTransaction[] = s.heard.requests
  const clients: { transaction: ReturnType<typeof s.layer.send>; user: ReturnType<typeof clientUser> }[] = []
  const pick = <T>(from: readonly T[], n: number): T | undefined =>
    from.length === 0 ? undefined : from[n % from.length]
  for (const each of steps) {
    switch (each.do) {
      case 'receive': {
        const parts = { method: each.method, branch: `z9hG4bK-${each.branch}`, callId: `c${each.n}`, cseq: each.n + 1 }
        s.receive(request(each.tagged ? { ...parts, toTag: 'bob-tag' } : parts), flows[each.flow]!)
        break
      }
      case 'answer': {
        const transaction = pick(servers, each.n)
        transaction?.respond(answer(transaction, each.status))
        break
      }
      case 'abandon':
        pick(servers, each.n)?.abandon()
        break
      case 'send': {
        if (each.method === 'ACK' || each.method === 'CANCEL') break
        const user = clientUser()
        const to = each.targets ? targets : flows[each.flow]!
        clients.push({ transaction: s.layer.send(ownRequest({ method: each.method }), to, user), user })
        await settle()
        break
      }
      case 'reply': {
        const sent = pick(clients, each.n)?.transaction.request
        if (sent?.header('Via') !== undefined) s.receive(reply(sent, each.status, `t${each.tag}`))
        await settle()
        break
      }
      case 'cancel':
        pick(clients, each.n)?.transaction.cancel()
        break
      case 'close':
        if (flows[each.flow]!.reliable && flows[each.flow]!.open) s.transport.closeFlow(flows[each.flow]!)
        break
      case 'wait':
        s.clock.advance(each.for)
        break
    }
    assert.ok(s.layer.size <= 12 * 1.25 + 60, `${s.layer.size} transactions`)
  }
  for (const transaction of servers) transaction.abandon()
  for (const { transaction } of clients) transaction.cancel()
  for (let i = 0; i < 8; i++) {
    await settle()
    s.clock.advance(33_000)
  }
  // An INVITE that rings for ever is the user's to end: he does.
  for (const { transaction, user } of clients) {
    if (!transaction.done) transaction.abandon()
    const endings = user.log.filter(entry => !/^[12]\d\d$/.test(entry))
    assert.ok(endings.length <= 1, `ended twice: ${user.log}`)
  }
  s.clock.advance(70_000)
  assert.deepEqual(errors, [])
  assertNothingLeft(s)
}

test('any sequence of events leaves nothing behind', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), run), {
    numRuns: 300,
    interruptAfterTimeLimit: 20_000,
  })
})
