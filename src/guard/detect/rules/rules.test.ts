/** Each rule about sources against its own attack and its own honest phones. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SourceRule } from '../types.ts'
import { ALL_SOURCE_RULES } from './index.ts'
import { type SourceFixture, tell } from './story.ts'

interface Fixtures {
  readonly attacks: readonly SourceFixture[]
  readonly benign: readonly SourceFixture[]
}

const here = import.meta.dirname
const folders = readdirSync(here, { withFileTypes: true })
  .filter(each => each.isDirectory())
  .map(each => each.name)

test('every folder is a rule, and every rule says what it is', () => {
  assert.equal(ALL_SOURCE_RULES.length, folders.length)
  assert.equal(new Set(ALL_SOURCE_RULES.map(({ id }) => id)).size, ALL_SOURCE_RULES.length)
  for (const { id, title, description, thresholds, sees } of ALL_SOURCE_RULES) {
    assert.match(id, /^GUARD_[A-Z_]+$/)
    assert.ok(title.length > 5 && description.length > 40 && sees.length > 0, id)
    for (const [name, value] of Object.entries(thresholds)) assert.ok(Number.isSafeInteger(value), `${id} ${name}`)
  }
})

for (const folder of folders) {
  const { rule } = (await import(join(here, folder, 'rule.ts'))) as { rule: SourceRule }
  const { attacks, benign } = (await import(join(here, folder, 'fixtures.ts'))) as Fixtures
  assert.ok(attacks.length > 0 && benign.length > 0, folder)
  for (const { name, observations, foundWithin, target } of attacks) {
    test(`${rule.id} finds: ${name}`, () => {
      const { after, findings } = tell(rule, observations)
      assert.ok(findings.length > 0, 'not found')
      assert.ok(after <= foundWithin!, `found with ${after}, not ${foundWithin}`)
      const first = findings[0]!
      if (target !== undefined) assert.equal(`${first.target.kind} ${first.target.value}`, target)
      for (const { reason, rule: id, action } of findings) {
        assert.equal(id, rule.id)
        assert.equal(action, first.target.kind === 'account' ? 'back-off' : 'ban')
        assert.ok(reason.length > 10 && !reason.includes('undefined'), reason)
      }
    })
    test(`${rule.id} bans nobody where phones are registered: ${name}`, () => {
      const spared = observations.map(each => ({ ...each, source: { ...each.source, spared: true } }))
      const { findings } = tell(rule, spared)
      assert.ok(findings.every(({ target: { kind } }) => kind === 'account'))
    })
  }
  for (const { name, observations } of benign) {
    test(`${rule.id} leaves alone: ${name}`, () => {
      // The first says enough: there may be thousands.
      assert.equal(tell(rule, observations).findings[0], undefined)
    })
  }
}
