/** docs/detections.md is written here: the rules as they are, and what they are in other languages. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { convertRule } from '../../src/detection/convert/convert.ts'
import { packagedFiles, packagedRules } from '../../src/detection/packaged-rules.ts'
import { readRules } from '../../src/detection/read-rule.ts'
import { testFiles } from '../../src/detection/test-files.ts'
import type { Level, SigmaRule } from '../../src/detection/types.ts'
import { QUERY_FIELDS } from '../../src/events/query/fields.ts'
import { checkGenerated } from './generated.ts'
import { detectionsText } from './detections-text.ts'

const ORDER: readonly Level[] = ['critical', 'high', 'medium', 'low', 'informational']
const { rules } = packagedRules()
const telling = rules.filter(each => !each.base).toSorted((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level))

/** The document of each rule as it stands in its file. */
const texts = new Map(
  packagedFiles().flatMap(({ name, text }) =>
    text
      .split(/^---\n/m)
      .flatMap(document => readRules(document, name).rules.map(rule => [rule.id, document.trim()] as const)),
  ),
)

const FENCES: Readonly<Record<string, string>> = {
  'Splunk SPL': 'spl',
  'Elastic Lucene': 'text',
  'Elastic ES|QL': 'esql',
  'Elastic EQL': 'eql',
}

function sectionOf(rule: SigmaRule): string {
  const bases = basesOf(rule)
  const documents = [...bases, rule].map(each => texts.get(each.id))
  const attack = rule.tags
    .filter(each => /^attack\.t\d/.test(each))
    .map(each => each.slice('attack.'.length).toUpperCase())
  const facts = [`Level ${rule.level}`, `\`${rule.id}\``, `\`src/detection/rules/${rule.source}\``]
  if (attack.length > 0) facts.push(`ATT&CK ${attack.join(', ')}`)
  const wrong = rule.falsePositives.length === 0 ? 'none that we know of.' : rule.falsePositives.join(' ')
  const forms = convertRule(rule, rules).map(
    ({ language, text }) => `${language}:\n\n\`\`\`${FENCES[language]}\n${text}\n\`\`\`\n`,
  )
  return [
    `### ${rule.title}\n`,
    `${facts.join(' - ')}\n`,
    `${rule.description}\n`,
    `May be harmless: ${wrong}\n`,
    `\`\`\`yaml\n${documents.join('\n---\n')}\n\`\`\`\n`,
    ...forms,
  ].join('\n')
}

/** What it stands on, the lowest first, each once. */
function basesOf(rule: SigmaRule, known: SigmaRule[] = []): readonly SigmaRule[] {
  if (rule.kind === 'event') return known
  for (const name of rule.rules) {
    const base = rules.find(each => each.name === name)
    if (base === undefined || known.includes(base)) continue
    basesOf(base, known)
    known.push(base)
  }
  return known
}

function text(): string {
  return detectionsText({
    telling: telling.length,
    table: telling.map(({ level, title, id, description }) => {
      const anchor = title
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-')
      return `| ${level} | [${title}](#${anchor}). ${description} | \`${id.slice(0, 8)}…\` |`
    }),
    fields: QUERY_FIELDS.map(({ name, meaning }) => `| \`${name}\` | ${meaning} |`),
    rules: telling.map(sectionOf),
  })
}

test('docs/detections.md says what each rule is, when it is wrong, and how other tools ask for it', () => {
  checkGenerated('docs/detections.md', text())
})

test('the rules and streams that docs/detections.md shows as examples are right', async () => {
  const blocks = [...text().matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, block = '']) => block).slice(0, 3)
  const [single = '', correlation = '', streams = ''] = blocks
  const { rules: tested, faults } = await testFiles(
    [
      { name: 'my-rule.yml', text: `${single}\n---\n${correlation}` },
      { name: 'my-rule.streams.yaml', text: streams },
    ],
    rules,
  )
  assert.deepEqual(faults, [])
  assert.deepEqual(
    tested.map(each => each.outcome?.ok),
    [undefined, true],
  )
})
