/** The rules about sources in docs/firewall.md: what they are, what they decide, and when they find the attacks of their fixtures. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ALL_SOURCE_RULES } from '../../src/guard/detect/rules/index.ts'
import { type SourceFixture, tell } from '../../src/guard/detect/rules/story.ts'
import type { SourceRule } from '../../src/guard/detect/types.ts'
import { repositoryRoot } from '../support/places.ts'
import { checkGeneratedPart } from './generated.ts'

const FOLDER = join(repositoryRoot, 'src/guard/detect/rules')

const WHAT_IS_DONE = {
  account: 'the account backs off for strangers',
  address: 'ban of the address',
  socket: 'ban of the socket',
  flow: 'ban of the connection',
  network: 'ban of the network, only tried: told, not enforced',
  as: 'ban of the autonomous system, only tried: told, not enforced',
  country: 'ban of the country, only tried: told, not enforced',
} as const

async function fixturesOf(rule: SourceRule): Promise<readonly SourceFixture[]> {
  for (const { name } of readdirSync(FOLDER, { withFileTypes: true }).filter(each => each.isDirectory())) {
    const loaded = (await import(join(FOLDER, name, 'rule.ts'))) as { rule: SourceRule }
    if (loaded.rule !== rule) continue
    const { attacks } = (await import(join(FOLDER, name, 'fixtures.ts'))) as { attacks: readonly SourceFixture[] }
    return attacks
  }
  return []
}

test('docs/firewall.md says what the rules about sources are, and when they find what they are for', async () => {
  const rules: string[] = []
  const attacks: string[] = []
  for (const rule of ALL_SOURCE_RULES) {
    const { id, title, description, thresholds } = rule
    const values = Object.entries(thresholds).map(([name, value]) => `\`${name}\` ${value}`)
    rules.push(`| \`${id}\` | ${title}. ${description} | ${values.join(', ')} |`)
    for (const { name, observations } of await fixturesOf(rule)) {
      const { after, findings } = tell(rule, observations)
      assert.ok(findings[0] !== undefined, `${id}: ${name}`)
      const seen = observations.filter(({ kind }) => rule.sees.includes(kind)).length
      attacks.push(`| \`${id}\` | ${name} | ${seen} | ${after} | ${WHAT_IS_DONE[findings[0].target.kind]} |`)
    }
  }
  const content = `
| rule | what it looks at | thresholds |
|---|---|---|
${rules.join('\n')}

What they find, in the streams of their own tests: how much of each the rule would see, and with which of it the rule speaks up.

| rule | attack | observations | found with | what is done |
|---|---|---|---|---|
${attacks.join('\n')}
`
  checkGeneratedPart('docs/firewall.md', 'source-rules', content)
})
