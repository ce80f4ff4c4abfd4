/** `ringfence fraud simulate` against the running product, with a provider that answers whatever is dialled. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Operations } from '../../src/api/operations.ts'
import { decentAnswer, type HostilePeer, startHostilePeer } from '../support/provider/hostile-peer.ts'
import { OWNED, type OutsideWorld, startOutsideWorld } from '../support/provider/outside-world.ts'
import { accepted } from '../support/ringfence.ts'

interface Report {
  readonly ok: boolean
  readonly placed: number
  readonly answered: number
  readonly cut: number
  readonly refused: readonly { readonly status: number; readonly calls: number }[]
  readonly suspendedMs: number | null
  readonly charged: string
  readonly rules: readonly string[]
}

let world: OutsideWorld
let peer: HostilePeer
let operations: Operations

before(async () => {
  world = await startOutsideWorld('simulation', { watched: true })
  ;({ operations } = world)
  peer = await startHostilePeer('TLS', '127.0.0.46')
  world.cleanUp.push(peer.stop)
  await world.system.addExtension('101')
  await world.system.addExtension('102')
  accepted(await operations.numberAdd({ e164: OWNED, target: 'extension:101' }))
  accepted(await operations.callingChange({ openCountries: ['DE', 'LT'] }))
  const { address: host, port, caPem: certificateAuthority = null } = peer
  const trunk = { name: 'far', host, port, certificateAuthority, sources: [`${host}/32`] }
  accepted(await operations.trunkAdd({ ...trunk, username: 'account', password: 'secret-of-the-account' }))
  await world.trunkIs('far', 'up')
  peer.play({
    INVITE(invite) {
      peer.answer(invite, 200, { body: decentAnswer(invite, peer.address) })
    },
  })
})

after(() => world?.stop())

async function attack(from: string, ...options: readonly string[]): Promise<Report> {
  return world.system.json<Report>('fraud', 'simulate', 'burst', '--from', from, '--seconds', '8', ...options)
}

async function setRules(mode: 'on' | 'dry-run'): Promise<void> {
  for (const { id } of accepted(await operations.fraudRules())) accepted(await operations.fraudRuleChange({ id, mode }))
}

test('with rules that are only tried, a burst is charged what the cap allows, to the cent', async () => {
  await setRules('dry-run')
  const { lines } = accepted(await operations.budgetChange({ extensionDay: '0.40' }))
  assert.equal(lines[0]?.charged, '0.00')
  const { perMinute } = accepted(await operations.deckPrice({ number: '+37060000001' }))
  assert.equal(perMinute, '0.20')
  const report = await attack('101', '--calls', '8')
  assert.deepEqual([report.placed, report.answered, report.charged, report.ok], [8, 2, '0.40', true])
  assert.deepEqual(
    report.refused.map(({ status, calls }) => [status, calls]),
    [[403, 6]],
  )
  assert.equal(report.suspendedMs, null)
  assert.ok(report.rules.length > 0)
  await world.quiet()
})

test('with rules on, who attacks is suspended within seconds, and a person restores him', async () => {
  accepted(await operations.budgetChange({ extensionDay: '10' }))
  await setRules('on')
  const report = await attack('102', '--calls', '20')
  assert.ok(report.suspendedMs !== null && report.suspendedMs < 5_000, String(report.suspendedMs))
  assert.equal(report.ok, true)
  assert.ok(Number(report.charged) < 5, report.charged)
  await world.quiet()
  const status = accepted(await operations.fraudStatus())
  assert.deepEqual(status.suspended, ['102'])
  assert.ok(status.stoppedToday > 0 && status.preventedToday !== null)
  for (const { id } of accepted(await operations.fraudDecisions({ all: false, limit: 100 }))) {
    accepted(await operations.fraudUndo({ id, reason: 'a simulation' }))
  }
  assert.deepEqual(accepted(await operations.fraudStatus()).suspended, [])
  const extensions = accepted(await operations.extensionList())
  assert.deepEqual(
    extensions.map(({ state, devices }) => [state, devices]),
    [
      ['active', 0],
      ['active', 0],
    ],
  )
})

test('an attack through a trunk that leads out of the machine is refused before anything is done', async () => {
  accepted(await operations.trunkAdd({ name: 'real', host: 'sip.example.net' }))
  const { code, output } = await world.system.run('fraud', 'simulate', 'burst', '--from', '101')
  assert.equal(code, 2)
  assert.match(output, /cost money by real \(sip\.example\.net\)/)
  accepted(await operations.trunkRemove({ name: 'real' }))
})
