/** Each rule against its own attack and its own honest office. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stricter } from '../../guard/types.ts'
import { createHistory } from '../history/history.ts'
import type { FraudRule } from '../types.ts'
import { ALL_RULES } from './index.ts'
import { type Fixture, tell } from './story.ts'

interface Fixtures {
  readonly attacks: readonly Fixture[]
  readonly benign: readonly Fixture[]
}

const here = import.meta.dirname
const folders = readdirSync(here, { withFileTypes: true })
  .filter(each => each.isDirectory())
  .map(each => each.name)

test('every folder is a rule, and every rule says what it is', () => {
  assert.equal(ALL_RULES.length, folders.length)
  assert.equal(new Set(ALL_RULES.map(({ id }) => id)).size, ALL_RULES.length)
  for (const { id, title, description, thresholds, sees } of ALL_RULES) {
    assert.match(id, /^FRAUD_[A-Z_]+$/)
    assert.ok(title.length > 5 && description.length > 40 && sees.length > 0, id)
    for (const [name, value] of Object.entries(thresholds)) assert.ok(Number.isSafeInteger(value), `${id} ${name}`)
  }
})

for (const folder of folders) {
  const { rule } = (await import(join(here, folder, 'rule.ts'))) as { rule: FraudRule }
  const { attacks, benign } = (await import(join(here, folder, 'fixtures.ts'))) as Fixtures
  assert.ok(attacks.length > 0 && benign.length > 0, folder)
  for (const fixture of attacks) {
    test(`${rule.id} finds: ${fixture.name}`, () => {
      const { after, findings } = tell(rule, fixture, createHistory())
      assert.ok(findings.length > 0, 'not found')
      assert.ok(after <= fixture.foundWithin!, `found after ${after} calls, not ${fixture.foundWithin}`)
      const strictest = findings.map(({ response }) => response).reduce(stricter, 'alert')
      assert.equal(strictest, fixture.response ?? strictest)
      for (const { reason, evidence } of findings) {
        assert.ok(reason.length > 10)
        assert.ok(Object.keys(evidence).length > 0)
      }
    })
  }
  for (const fixture of benign) {
    test(`${rule.id} leaves alone: ${fixture.name}`, () => {
      assert.deepEqual(tell(rule, fixture, createHistory()).findings, [])
    })
  }
}
