/** The whole product in a network of its own: what it bans, the kernel drops, over a crash and until it stops. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { requirePeers } from '../support/peers.ts'
import { eventually } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { LISTENS, openTwoNetworks } from '../support/two-networks.ts'

const ATTACKER = '198.51.100.7'
const ANOTHER = '198.51.100.8'
const PORT = 5071
const TABLE = `ringfence_${PORT}`

test('what is banned is dropped by the kernel, also after a crash; what is taken back comes in; nothing is left at the end', {
  timeout: 180_000,
}, async context => {
  if (!requirePeers(context, 'nft')) return
  const world = await openTwoNetworks(context, [ATTACKER, ANOTHER])
  if (world === undefined) return
  context.after(() => world.close())
  let system: Ringfence = await startRingfence({
    name: 'kernel',
    wrapper: world.prefix,
    arguments: ['--listen', LISTENS[0], '--sip-tls-port', String(PORT)],
  })
  context.after(() => system.stop())
  const nft = (...words: readonly string[]) => {
    const [program, ...before] = [...world.prefix, 'nft', ...words]
    return spawnSync(program!, before, { encoding: 'utf8' })
  }
  const rules = (): string => nft('list', 'table', 'inet', TABLE).stdout
  const dropped = (): number =>
    [...rules().matchAll(/counter packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0)
  /** Both knock; one is let in, and the other one's packet is dropped. */
  const knock = async (): Promise<void> => {
    const before = world.connected.length
    const drops = dropped()
    await world.send(ATTACKER, `tcp ${PORT}`)
    await world.send(ANOTHER, `tcp ${PORT}`)
    await eventually(() => world.connected.length > before && dropped() > drops, 20_000, 'one in, one dropped')
    assert.deepEqual(world.connected.slice(before), [`tcp ${PORT} from ${ANOTHER}`])
  }
  const status = async () => accepted(await (await system.operations()).firewallStatus()).kernel
  const { state, detail } = await status()
  assert.deepEqual({ state, detail }, { state: 'on', detail: `table inet ${TABLE}` })
  const order = { target: ATTACKER, minutes: 60, reason: 'it guesses', evenRegistered: false }
  accepted(await (await system.operations()).firewallBan(order))
  await eventually(() => rules().includes(ATTACKER), 10_000, 'the ban in the kernel')
  await knock()

  await system.crash()
  assert.ok(rules().includes(ATTACKER), 'the kernel goes on without us')
  system = await system.restart()
  assert.ok(rules().includes(ATTACKER))
  assert.equal(rules().match(/type filter hook input/g)?.length, 1)
  await knock()

  accepted(await (await system.operations()).firewallUndo({ target: ATTACKER, reason: 'it was ours' }))
  await eventually(() => !rules().includes(ATTACKER), 10_000, 'taken back in the kernel')
  const before = world.connected.length
  await world.send(ATTACKER, `tcp ${PORT}`)
  await eventually(() => world.connected.length > before, 20_000, 'let in')
  await system.halt()
  assert.equal(nft('list', 'tables').stdout, '')
})
