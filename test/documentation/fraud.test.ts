/** docs/fraud.md is written here: the rules as they are, and what attacks cost the invented office. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMicros, microsOf } from '../../src/fraud/rating/money.ts'
import { ALL_RULES } from '../../src/fraud/rules/index.ts'
import { ATTACKS } from '../support/business/attacks.ts'
import { CAPS_ALONE, DEFAULT_POLICY, type Played, playAttack, playOffice } from '../support/business/play.ts'
import { checkGenerated } from './generated.ts'
import { fraudText } from './fraud-text.ts'

const SEEDS = [1, 2, 3, 4, 5]
/** Of honest calls after the first week. */
const MOST_DISTURBED = 1 / 10_000

/** A minute of a range that `FRAUD_DEAR_NUMBER` leaves alone. */
const BELOW_DEAR = '1.40'

const money = (micros: number): string => formatMicros(microsOf(micros))

function rulesOf({ tally }: Played): string {
  return [...tally.byRule]
    .filter(([, { blocked, cut }]) => blocked + cut > 0)
    .sort((a, b) => b[1].saved - a[1].saved)
    .slice(0, 3)
    .map(([rule]) => rule)
    .join(', ')
}

async function attackRows(): Promise<readonly string[]> {
  const rows: string[] = []
  const { organisationDay } = DEFAULT_POLICY.caps
  for (const attack of ATTACKS) {
    const caps = await playAttack(attack, CAPS_ALONE)
    const all = await playAttack(attack, DEFAULT_POLICY)
    const quiet = await playAttack(attack, DEFAULT_POLICY, BELOW_DEAR)
    const without = all.tally.sums.attackCostWithout
    const days = new Set(attack.calls.map(({ start }) => Math.floor(start / 86_400_000))).size + 1
    assert.ok(caps.tally.sums.attackCost <= organisationDay * days, `${attack.name}: more than its caps`)
    assert.ok(all.tally.sums.attackCost <= caps.tally.sums.attackCost, attack.name)
    assert.ok(without > 0 && all.tally.sums.attackCost < without / 10, attack.name)
    const sums = [without, caps.tally.sums.attackCost, all.tally.sums.attackCost, quiet.tally.sums.attackCost].map(
      money,
    )
    rows.push(`| ${attack.name} | ${attack.calls.length} | ${sums.join(' | ')} | ${rulesOf(quiet)} |`)
  }
  return rows
}

async function officeRows(): Promise<readonly string[]> {
  const rows: string[] = []
  let later = 0
  let disturbed = 0
  for (const seed of SEEDS) {
    const played = await playOffice(seed)
    assert.deepEqual(played.suspended, [])
    later += played.laterCalls
    disturbed += played.laterDisturbed
    const early = played.disturbed.length - played.laterDisturbed
    rows.push(`| ${seed} | ${played.calls} | ${early} | ${played.laterDisturbed} | ${money(played.tally.sums.spent)} |`)
  }
  assert.ok(disturbed / later <= MOST_DISTURBED, `${disturbed} of ${later}`)
  return [...rows, `| all | | | ${disturbed} of ${later} after the first week | |`]
}

test('docs/fraud.md says what the rules are, and what they are worth', async () => {
  const rules = ALL_RULES.map(({ id, title, description, thresholds }) => {
    const values = Object.entries(thresholds).map(([name, value]) => `\`${name}\` ${value}`)
    return `| \`${id}\` | ${title}. ${description} | ${values.join(', ')} |`
  })
  const text = fraudText({ rules, attacks: await attackRows(), office: await officeRows(), policy: DEFAULT_POLICY })
  checkGenerated('docs/fraud.md', text)
})
