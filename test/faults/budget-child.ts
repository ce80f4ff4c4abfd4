/**
 * A process that spends until it is killed: many calls at once, each reserved, answered, gone on, ended. Every line that it writes was true
 * before it was written (reserved: durably) or is about to be (an end), so that whoever reads them knows the least that was spent.
 */
import process from 'node:process'
import { systemClock } from '../../src/base/clock.ts'
import type { OrganisationId } from '../../src/base/ids.ts'
import { createBudgets } from '../../src/fraud/budget/budgets.ts'
import { createLeases } from '../../src/fraud/budget/leases.ts'
import { defaultPolicy } from '../../src/fraud/policy.ts'
import { microsOf } from '../../src/fraud/rating/money.ts'
import { costOf } from '../../src/fraud/rating/price.ts'
import { openTestStore } from '../../src/store/test-support/fixtures.ts'
import { createRandom } from '../fuzz/engine/random.ts'
import { pause } from '../support/places.ts'

const [dataDirectory = '', organisation = '', mode = '', seed = '', at = '', cap = ''] = process.argv.slice(2)
const CALLS = 30
const random = createRandom(Number(seed))
const store = await openTestStore(dataDirectory)
const organisationId = organisation as OrganisationId
const fail = (error: unknown): never => {
  throw error as Error
}
const exact = store.fraud.budgets
const leases = createLeases({ store: exact, clock: systemClock, onStoreError: fail })
const budgets = createBudgets({ store: mode === 'leased' ? leases : exact, nodeId: 'child', onStoreError: fail })
const usual = defaultPolicy(organisationId, 'DE')
const caps = { ...usual.caps, organisationDay: microsOf(Number(cap)), extensionDay: microsOf(Number(cap)) }
const policy = { ...usual, caps }
const price = {
  perMinute: microsOf(10_000),
  connectionFee: microsOf(100),
  minimumSeconds: 0,
  incrementSeconds: 1,
}
const say = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`)

/** Milliseconds of the call are handed in: an hour of calls takes a moment. */
async function call(payer: string): Promise<void> {
  const begun = Number(at)
  const request = { organisationId, payer, extension: payer, policy, price, class: 'ordinary', at: begun } as const
  const reserved = await budgets.open({ ...request, timeZone: 'Europe/Berlin' })
  if (!reserved.ok) return void say({ refused: reserved.error.rule })
  let { reservation, paidMs } = reserved.value
  const charged = (): object => ({ call: reservation, payer, spent: costOf(price, (paidMs + 250) / 1_000) })
  say(charged())
  budgets.answered(reservation, begun)
  for (let more = random.below(3); more > 0; more--) {
    await pause(random.below(5))
    const extended = await budgets.extend(reservation, begun + paidMs - 5_000)
    if (!extended.ok) break
    paidMs = extended.value.paidMs
    say(charged())
  }
  await pause(random.below(10))
  const lastedMs = random.below(paidMs)
  say({ call: reservation, payer, spent: costOf(price, lastedMs / 1_000) })
  budgets.close(reservation, begun + lastedMs)
}

say({ ready: true })
await Promise.all(
  Array.from({ length: CALLS }, async (_, index) => {
    for (;;) await call(`extension-${index % 10}`)
  }),
)
