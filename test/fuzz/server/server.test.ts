/**
 * The running product under hostile messages at every door, by strangers and by a registered phone, while a call goes on: it stays
 * the same process, answers as before, keeps nothing of those who did not log in, sends no more than it got, and the call is heard.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { HeldState } from '../../../src/api/operations.ts'
import { eventually } from '../../support/places.ts'
import { createRandom } from '../engine/random.ts'
import { type Ground, startGround } from './ground.ts'
import { ATTACKS, isQuiet, isWell } from './storm.ts'

const DAY_MS = 86_400_000
/** Messages at each door. */
const COUNT = 1_500

const seed = Math.floor(Date.now() / DAY_MS)
const random = createRandom(seed)
let ground: Ground
let heldBefore: HeldState

before(async () => {
  ground = await startGround()
  heldBefore = await ground.held()
})

after(() => ground?.stop())

for (const [name, attack] of ATTACKS) {
  test(`${name} (seed ${seed})`, { timeout: 120_000 }, async () => {
    await attack(ground, random, COUNT)
    await isWell(ground)
  })
}

test('afterwards nothing is left, and the call ends as calls do', { timeout: 180_000 }, async () => {
  const { pid } = ground.system.process
  await isQuiet(ground, heldBefore)
  await isWell(ground)
  assert.equal(ground.system.process.pid, pid)
  await ground.call.caller.hangup()
  await eventually(async () => (await ground.held()).legs === 0, 10_000, 'the call ended')
})
