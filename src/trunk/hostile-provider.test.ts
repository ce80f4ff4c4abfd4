import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../base/secret.ts'
import type { FakeFlow } from '../sip/transport/fake-transport.ts'
import { TrunkWorld } from '../../test/support/trunk-world.ts'

const CHALLENGE = 'Digest realm="provider.example", nonce="n1", qop="auth", algorithm=SHA-256'

test('whatever a provider answers, it is asked in measure, and everything ends when we stop', async () => {
  const hostile: readonly (readonly [string, readonly string[]])[] = [
    ['Contact', ['*', '<sip:someone@203.0.113.9>;expires=0', '<sip:a@b>;expires=-1', '<sip:a@b>;expires=4294967296']],
    ['Expires', ['0', '-1', 'x', '99999999999', '1']],
    ['Min-Expires', ['0', '1', '999999999', 'NaN', '-5', '1e3']],
    ['Retry-After', ['0', '-1', '1;duration=5', '(later)', '-99999999999']],
    ['WWW-Authenticate', [CHALLENGE, 'Digest', 'Basic realm="x"', `Digest realm="${'r'.repeat(2000)}", nonce="n"`]],
    ['Proxy-Authenticate', [CHALLENGE, `${CHALLENGE}, stale=true`, 'Digest nonce="n"']],
    ['Service-Route', ['<sip:a;lr>', '<tel:1>', '<sip:a;lr>,'.repeat(50).slice(0, -1), '"']],
  ]
  const statuses = [
    200, 200, 202, 299, 300, 302, 400, 401, 401, 403, 404, 407, 408, 420, 423, 439, 480, 486, 500, 503, 603, 699,
  ]
  for (let seed = 1; seed <= 40; seed++) {
    let state = seed * 2_654_435_761
    const random = (bound: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 0x1_0000_0000) * bound)
    }
    const pick = <T>(list: readonly T[]): T => list[random(list.length)]!
    // Waits cut short, so that more happens in two minutes.
    const timing = { refusedRetry: 2_000, refusedRetryLongest: 4_000, retryLongest: 4_000 }
    const world = new TrunkWorld({ random, timing })
    world.provider = (request, flow) => {
      // Well enough behaved to be asked again.
      if (random(10) < 6) {
        const contact = `${request.headerValues('Contact')[0]};expires=${pick([1, 20, 60, 600])}`
        return { status: pick([200, 200, 200, 503, 500]), headers: [['Contact', contact]] }
      }
      if (random(10) === 0) return undefined
      if (random(4) === 0) world.transport.closeFlow(flow as FakeFlow)
      const headers = hostile.filter(() => random(2) === 0).map(([name, values]) => [name, pick(values)] as const)
      return { status: pick(statuses), headers }
    }
    const trunk = world.trunk('main', { register: true, username: 'account', password: new Secret('correct horse') })
    world.service.start()
    await world.pass(120_000)
    // A provider that is up is asked twice a minute; each trouble costs a few requests more, and waits in between.
    assert.ok(world.requests.length < 80, `seed ${seed}: ${world.requests.length} requests in two minutes`)
    assert.ok(world.transport.opened.filter(flow => flow.open).length <= 3, `seed ${seed}`)
    assert.notEqual(world.health(trunk), 'unknown')
    world.provider = () => undefined
    const stopped = world.service.stop()
    await world.pass(60_000)
    await stopped
    assert.equal(world.clock.pendingCount, 0, `seed ${seed}`)
  }
})
