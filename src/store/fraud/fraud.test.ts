/** Budgets, policies, decks, decisions and approvals on the real embedded PostgreSQL, with two nodes. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { budgetStoreContract, claim, keysOf } from '../../../test/support/budget-store-contract.ts'
import { createBudgetWorld, plans, type WorldStore } from '../../../test/support/budget-world.ts'
import { ManualClock } from '../../base/clock.ts'
import { newId, type OrganisationId } from '../../base/ids.ts'
import { createLeases } from '../../fraud/budget/leases.ts'
import { defaultPolicy } from '../../fraud/policy.ts'
import type { Rate } from '../../fraud/rating/deck.ts'
import { type Micros, microsOf } from '../../fraud/rating/money.ts'
import type { KeptDecision } from '../../guard/enforce/decision-table.ts'
import { openTestStore, organisation, temporaryFolder } from '../test-support/fixtures.ts'
import type { Store } from '../types.ts'

const folders = [temporaryFolder(), temporaryFolder()] as const
const owner = organisation()
const other = organisation('example.org')
let first: Store
let second: Store

before(async () => {
  first = await openTestStore(folders[0].path)
  await openSecond()
  await first.directory.insertOrganisation(owner)
  await first.directory.insertOrganisation(other)
})
after(async () => {
  await second.close()
  await first.close()
  for (const folder of folders) folder.remove()
})

async function openSecond(): Promise<void> {
  const password = readFileSync(join(folders[0].path, 'keys', 'database.password'), 'utf8').trim()
  const socket = encodeURIComponent(join(folders[0].path, 'database', 'run'))
  second = await openTestStore(folders[1].path, { url: `postgres://ringfence:${password}@${socket}/postgres` })
}

budgetStoreContract('one node', () => first.fraud.budgets)

let turn = 0
budgetStoreContract('two nodes in turn', () => (turn++ % 2 === 0 ? first : second).fraud.budgets)

test('two nodes charge the same counters in opposite order, and give back: never a deadlock, never above the cap', async () => {
  const key = keysOf()
  const keys = Array.from({ length: 20 }, (_, number) => key('payer-day', `${number}`))
  const cap = 1_000_000
  // There is always something to give back.
  await first.fraud.budgets.charge([keys.map(each => claim(each, 10, cap))])
  let kept = 200
  const run = async (store: Store, order: readonly (typeof keys)[number][]): Promise<void> => {
    for (let round = 0; round < 40; round++) {
      const charges = order.map((each, index) =>
        store.fraud.budgets.charge([[claim(each, 3, cap), claim(order[(index + 7) % 20]!, 2, cap)]]),
      )
      const refunds = order.map(each => store.fraud.budgets.refund([{ key: each, amount: 1 as Micros }]))
      const outcomes = (await Promise.all(charges)).flat()
      await Promise.all(refunds)
      kept += outcomes.filter(each => each.granted).length * 5 - 20
    }
  }
  await Promise.all([run(first, keys), run(second, keys.toReversed())])
  const charged = await second.fraud.budgets.charged(keys)
  assert.equal(
    charged.reduce((sum, each) => sum + each, 0),
    kept,
  )
})

test('calls over two nodes, with headroom and without: no cap is passed, nothing that was spent is forgotten', async () => {
  const property = fc.asyncProperty(plans, fc.boolean(), async (plan, isLeased) => {
    const clock = new ManualClock()
    let turns = 0
    const open = (): WorldStore => {
      const exact = (turns++ % 2 === 0 ? first : second).fraud.budgets
      if (!isLeased) return { store: exact, crash: () => undefined, stop: () => Promise.resolve() }
      const leases = createLeases({ store: exact, clock, onStoreError: error => assert.fail(String(error)) })
      return { store: leases, crash: () => undefined, stop: () => leases.stop() }
    }
    const organisationId = newId<'OrganisationId'>(Date.now())
    const counters = first.fraud.budgets.charged
    await createBudgetWorld(plan, { nodes: 2, clock, open, counters, organisationId }).run()
  })
  await fc.assert(property, { numRuns: 12, endOnFailure: true })
})

test('what no counter can be is refused, and what came with it is not', async () => {
  const day = keysOf()('organisation-day')
  const { budgets } = first.fraud
  const wrong = keysOf('no uuid' as OrganisationId)('organisation-day')
  const [good, ...bad] = await Promise.allSettled([
    budgets.charge([[claim(day, 1, 10)]]),
    budgets.charge([[claim(wrong, 1, 10)]]),
    budgets.charge([[claim({ ...day, subject: 'a\0b' }, 1, 10)]]),
    budgets.charge([[claim(day, 0.5, 10)]]),
    budgets.charge([[claim(day, -1, 10)]]),
    budgets.refund([{ key: day, amount: -1 as Micros }]),
  ])
  assert.equal(good.status, 'fulfilled')
  for (const each of bad) assert.deepEqual(each.status === 'rejected' && each.reason.code, 'STORE_WRITE_REFUSED')
  assert.deepEqual(await budgets.charged([day]), [1])
})

test('counters outlive the process', async () => {
  const day = keysOf()('organisation-day')
  await second.fraud.budgets.charge([[claim(day, 7, 10)]])
  void second.fraud.budgets.refund([{ key: day, amount: 2 as Micros }])
  await second.close()
  await openSecond()
  assert.deepEqual(await second.fraud.budgets.charged([day]), [5])
})

test('policies: one for each organisation', async () => {
  const policy = { ...defaultPolicy(owner.id, 'DE'), extensionDayCaps: { 101: microsOf(5) } }
  await first.fraud.savePolicy(defaultPolicy(owner.id, 'US'))
  await first.fraud.savePolicy(policy)
  await first.fraud.savePolicy(defaultPolicy(other.id, 'CH'))
  const loaded = await second.fraud.loadPolicies()
  assert.deepEqual(
    loaded.toSorted((a, b) => a.currency.localeCompare(b.currency)),
    [defaultPolicy(other.id, 'CH'), policy],
  )
})

function rate(number: number): Rate {
  return {
    prefix: String(1_000_000 + number),
    name: number % 2 === 0 ? `Ünïcode "quoted"\t\n${number % 300}` : '',
    perMinute: microsOf(number),
    connectionFee: microsOf(number % 3),
    minimumSeconds: number % 60,
    incrementSeconds: 1 + (number % 60),
    validFrom: number % 5 === 0 ? 1_700_000_000_000 + number : undefined,
  }
}

test('decks: as they were imported, replaced as a whole', async () => {
  const deck = { organisationId: owner.id, name: 'provider.csv', currency: 'EUR', importedAt: 1_700_000_000_000 }
  await first.fraud.saveDeck({ ...deck, name: 'old', rates: Array.from({ length: 3 }, (_, number) => rate(number)) })
  const rates = Array.from({ length: 50_001 }, (_, number) => rate(number))
  await first.fraud.saveDeck({ ...deck, rates })
  await first.fraud.saveDeck({ ...deck, organisationId: other.id, rates: [] })
  const loaded = await second.fraud.loadDecks()
  assert.deepEqual(
    loaded.find(each => each.organisationId === owner.id),
    { ...deck, rates },
  )
  await first.fraud.removeDeck(owner.id)
  assert.deepEqual(
    (await second.fraud.loadDecks()).map(each => each.organisationId),
    [other.id],
  )
  const tooMany = first.fraud.saveDeck({ ...deck, rates: Array.from({ length: 1_000_001 }, () => rate(1)) })
  await assert.rejects(tooMany, { code: 'STORE_WRITE_REFUSED' })
})

function decision(at: number, more: Partial<KeptDecision> = {}): KeptDecision {
  return {
    id: newId(at),
    rule: 'FRAUD_BURST',
    mode: 'on',
    response: 'suspend',
    reason: 'too many\ncalls "at once"',
    evidence: { calls: '12' },
    at,
    organisationId: owner.id,
    subject: 'p',
    callId: undefined,
    expiresAt: undefined,
    count: 1,
    state: 'in-force',
    ...more,
  }
}

test('decisions: the newest, in order of time, as they were last saved', async () => {
  const [one, two, three] = [decision(3_000), decision(1_000), decision(2_000, { expiresAt: 5_000, count: 4 })]
  const settled = { at: 4_000, by: 'administrator', reason: 'it was us' }
  await Promise.all([one, two, three].map(each => first.fraud.saveDecision(each)))
  await first.fraud.saveDecision({ ...one, state: 'undone' }, settled)
  assert.deepEqual(await second.fraud.loadDecisions(2), [
    { decision: three, settled: undefined },
    { decision: { ...one, state: 'undone' }, settled },
  ])
  await assert.rejects(first.fraud.saveDecision(decision(1, { id: 'x' })), { code: 'STORE_WRITE_REFUSED' })
})

test('approvals: until they are over or undone', async () => {
  const approval = (until: number, payer: string | undefined) => ({
    id: newId<'ApprovalId'>(until),
    organisationId: owner.id,
    payer,
    approval: { kind: 'country', value: 'FR' } as const,
    at: 1_000,
    until,
    undoneAt: undefined,
  })
  const [over, kept, undone] = [approval(2_000, 'p'), approval(3_000, undefined), approval(4_000, 'p')]
  await Promise.all([over, kept, undone].map(each => first.fraud.saveApproval(each)))
  await first.fraud.saveApproval({ ...undone, undoneAt: 1_500 })
  assert.deepEqual(await second.fraud.loadApprovals(2_000), [kept])
})
