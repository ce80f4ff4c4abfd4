/** kill -9 at random instants while money is reserved, charged and given back. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { newId, type OrganisationId } from '../../src/base/ids.ts'
import type { BudgetKey } from '../../src/fraud/budget/types.ts'
import { openTestStore, temporaryFolder } from '../../src/store/test-support/fixtures.ts'
import { createRandom } from '../fuzz/engine/random.ts'
import { faultTest, type Measured, scale } from './table.ts'

const INSTANTS = scale(3, 50)
const WINDOW_MS = 500
const CAP = 5_000_000_000
const AT = Date.parse('2026-11-23T12:00:00Z')
const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000)

interface Line {
  readonly call?: string
  readonly payer?: string
  readonly spent?: number
  readonly refused?: string
  readonly ready?: boolean
}

/** What a process said until it was killed: the least that was spent, by payer. */
async function spendAndDie(
  folder: string,
  organisationId: OrganisationId,
  mode: string,
  random: ReturnType<typeof createRandom>,
): Promise<{ readonly spent: ReadonlyMap<string, number>; readonly calls: number }> {
  const script = fileURLToPath(new URL('./budget-child.ts', import.meta.url))
  const given = [folder, organisationId, mode, String(random.below(1_000_000)), String(AT), String(CAP)]
  const child = spawn(execPath, [script, ...given], { stdio: ['ignore', 'pipe', 'inherit'] })
  const calls = new Map<string, { readonly payer: string; readonly spent: number }>()
  for await (const text of createInterface({ input: child.stdout })) {
    // The last line may be half of one.
    if (!text.endsWith('}')) continue
    const { call, payer, spent, refused, ready } = JSON.parse(text) as Line
    assert.equal(refused, undefined)
    if (ready === true) setTimeout(() => child.kill('SIGKILL'), 50 + random.below(WINDOW_MS))
    if (call !== undefined) calls.set(call, { payer: payer!, spent: spent! })
  }
  const sums = new Map<string, number>()
  for (const { payer, spent } of calls.values()) sums.set(payer, (sums.get(payer) ?? 0) + spent)
  return { spent: sums, calls: calls.size }
}

async function killed(mode: 'exact' | 'leased', measured: Measured): Promise<void> {
  const random = createRandom(seed)
  const folder = temporaryFolder()
  const organisationId = newId<'OrganisationId'>(Date.now())
  const key = (scope: BudgetKey['scope'], subject: string): BudgetKey => ({
    organisationId,
    scope,
    subject,
    period: '2026-11-23',
  })
  const payers = Array.from({ length: 10 }, (_, index) => `extension-${index}`)
  const keys = [key('organisation-day', ''), ...payers.map(payer => key('payer-day', payer))]
  let before: readonly number[] = keys.map(() => 0)
  let total = 0
  let over = 0
  try {
    for (let instant = 0; instant < INSTANTS; instant++) {
      const { spent, calls } = await spendAndDie(folder.path, organisationId, mode, random)
      const store = await openTestStore(folder.path)
      const after = await store.fraud.budgets.charged(keys)
      await store.close()
      const least = [
        [...spent.values()].reduce((sum, each) => sum + each, 0),
        ...payers.map(each => spent.get(each) ?? 0),
      ]
      for (const [index, { scope, subject }] of keys.entries()) {
        const charged = after[index]! - before[index]!
        assert.ok(charged >= least[index]!, `${scope} ${subject}: charged ${charged}, spent ${least[index]}`)
        assert.ok(after[index]! <= CAP)
      }
      over += after[0]! - before[0]! - least[0]!
      before = after
      total += calls
    }
  } finally {
    folder.remove()
  }
  assert.ok(total > 0)
  measured('seed', seed)
  measured('calls', total)
  measured('charged and not spent, of each crash', `${(over / INSTANTS / 1_000_000).toFixed(2)} EUR`)
}

const COMMON = {
  section: 'crash',
  done: `${INSTANTS} instants, 30 calls at once that reserve, go on and end as fast as they can; PostgreSQL ends with it`,
  holds: 'every counter is at least what was spent, and never above its cap',
  timeoutMs: scale(120_000, 1_200_000),
} as const

faultTest({ ...COMMON, fault: 'kill -9 while budgets are charged, each charge by itself' }, measured =>
  killed('exact', measured),
)
faultTest({ ...COMMON, fault: 'kill -9 while budgets are charged, some of them in advance' }, measured =>
  killed('leased', measured),
)
