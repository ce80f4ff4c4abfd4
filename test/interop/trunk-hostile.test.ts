/** A provider that answers wrongly, late, twice, in clear or never: the call ends with a cause that names it, and nothing is left. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { after, before, test } from 'node:test'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { interopSection } from '../support/interop-report.ts'
import { eventually, pause } from '../support/places.ts'
import { type HostilePeer, startHostilePeer } from '../support/provider/hostile-peer.ts'
import { ELSEWHERE, HOSTILE_CASES, type HostileCase } from '../support/provider/hostile-scripts.ts'
import { OUTSIDE_DIALLED, type OutsideWorld, OWNED, startOutsideWorld } from '../support/provider/outside-world.ts'
import { accepted } from '../support/ringfence.ts'

const report = interopSection('trunk-hostile', 'A provider that means ill', [
  'The provider is sockets and text, nothing of our stack. After all of it no leg, call or place at a trunk is left.',
])

let world: OutsideWorld
let peer: HostilePeer
let alice: TestPhone
let elsewhere = 0
const other = createSocket('udp4').on('message', () => elsewhere++)

before(async () => {
  world = await startOutsideWorld('trunk-hostile', { ringSeconds: 5 })
  peer = await startHostilePeer('TLS', '127.0.0.45')
  world.cleanUp.push(peer.stop)
  await new Promise<void>(done => other.bind(ELSEWHERE.port, ELSEWHERE.address, done))
  alice = await world.phone('101')
  accepted(await world.operations.numberAdd({ e164: OWNED, target: 'extension:101' }))
})

after(async () => {
  other.close()
  await world?.stop()
  report.write()
})

async function addTrunk(name: string): Promise<void> {
  const certificateAuthority = peer.caPem ?? null
  const { address: host, port } = peer
  const account = { username: 'account', password: 'secret-of-the-account' }
  accepted(
    await world.operations.trunkAdd({ name, host, port, certificateAuthority, sources: [`${host}/32`], ...account }),
  )
}

/** What the caller heard, as text for the report. */
async function callAsMeant(hostile: HostileCase): Promise<string> {
  const call = alice.call(OUTSIDE_DIALLED)
  if (hostile.call === 'cancelled') {
    await call.ringing
    await call.hangup()
    return 'cancelled'
  }
  const outcome = await call.outcome
  if (hostile.call === 'refused or ended' && !outcome.ok) return `${outcome.status}`
  if (hostile.call === 'refused') {
    assert.ok(!outcome.ok, 'it was answered')
    assert.notEqual(outcome.status, 408, 'the phone itself gave up')
    return `${outcome.status}`
  }
  assert.equal(outcome.ok, true, JSON.stringify(outcome))
  if (hostile.call === 'ended' || hostile.call === 'refused or ended') {
    assert.equal((await call.ended).by, 'them')
    return 'ended by the provider'
  }
  await pause(500)
  assert.equal(call.state, 'answered', 'the call goes on')
  await call.hangup()
  return 'the call goes on'
}

for (const [index, hostile] of HOSTILE_CASES.entries()) {
  test(hostile.name, { timeout: 60_000 }, async () => {
    await report.row('hostile', hostile.name, async () => {
      const trunk = `hostile-${index}`
      peer.play(hostile.script)
      await addTrunk(trunk)
      const ended = accepted(await world.operations.callsPast({ limit: 100 })).length
      try {
        const heard = await callAsMeant(hostile)
        await eventually(
          async () => accepted(await world.operations.callsPast({ limit: 100 })).length > ended,
          10_000,
          'a record',
        )
        const { end } = await world.lastCall()
        assert.ok(hostile.causes.includes(end!.cause), `the record says ${end?.side} ${end?.cause} ${end?.sipCode}`)
        const missing = (): string | undefined => hostile.missing?.(peer)
        await eventually(() => missing() === undefined, 5000, 'what the provider hears').catch(() =>
          assert.fail(missing()),
        )
        return `${heard}; ${end?.cause}`
      } finally {
        await world.operations.trunkRemove({ name: trunk })
      }
    })
  })
}

test('nobody was called elsewhere, and nothing is left', { timeout: 90_000 }, async () => {
  assert.equal(elsewhere, 0)
  await world.quiet(80_000)
})
