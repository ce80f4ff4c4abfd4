import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MESSAGE_CHECKS, REFUSAL_CHECKS } from '../../src/firewall/checks/index.ts'
import { ALL_RULES } from '../../src/fraud/rules/index.ts'
import { ALL_SOURCE_RULES } from '../../src/guard/detect/rules/index.ts'
import { repositoryRoot } from '../support/places.ts'
import { checkGenerated } from './generated.ts'

interface ErrorCode {
  readonly code: string
  readonly status: string
  readonly meaning: string
  readonly file: string
}

const INTRODUCTION = `# Error codes

Every code that a command, the control socket, a log line or an event can name, from the catalogues in the source. A SIP
status is given where the code is answered to a peer. Exit codes of commands are in [commands.md](commands.md).

This file is written by \`npm run documentation\` from the catalogues; the test fails when it is out of date.
`

/** A union of codes with a line of meaning above each, or a record: `CODE: 'meaning'`, `CODE: [status, 'meaning']`. */
function readCatalogue(file: string): readonly ErrorCode[] {
  const text = readFileSync(join(repositoryRoot, file), 'utf8')
  const unions = text.matchAll(/\/\*\* ([^\n]+) \*\/\n\s*\| '([A-Z]+(?:_[A-Z0-9]+)+)'/g)
  const rules = text.matchAll(/^ {2}([A-Z]+(?:_[A-Z0-9]+)+): \{ status: (\d{3}), reason: '([^']+)' \},$/gm)
  const records = text.matchAll(/^ {2}([A-Z]+(?:_[A-Z0-9]+)+):\s+(?:\[(\d{3}), )?'((?:[^'\\]|\\.)+)'\]?,$/gm)
  return [
    ...[...unions].map(([, line = '', code = '']) => {
      const [, status = '', meaning = ''] = /^(?:(\d{3}): )?(.*)$/.exec(line) ?? []
      return { code, status, meaning, file }
    }),
    ...[...rules].map(([, code = '', status = '', meaning = '']) => ({ code, status, meaning, file })),
    ...[...records].map(([, code = '', status = '', meaning = '']) => ({ code, status, meaning, file })),
  ]
}

/** The checks of the firewall, which events name as `rule`. */
const checks: readonly ErrorCode[] = [...new Set([...MESSAGE_CHECKS, ...REFUSAL_CHECKS])].map(
  ({ id, description }) => ({
    code: id,
    status: id === 'backOffAccount' ? '503' : id === 'dropMalformedSdp' ? '488' : '',
    meaning: description,
    file: 'src/firewall/checks',
  }),
)

/** What watches sources and accounts, which decisions and events name as `rule`. */
const sourceRules: readonly ErrorCode[] = ALL_SOURCE_RULES.map(({ id: code, title, description }) => ({
  code,
  status: '',
  meaning: `${title}. ${description}`,
  file: 'src/guard/detect/rules',
}))

/** What watches calls to the outside, which decisions, events and refusals name as `rule`. */
const fraudRules: readonly ErrorCode[] = ALL_RULES.map(({ id: code, title, description }) => ({
  code,
  status: '',
  meaning: `${title}. ${description}`,
  file: 'src/fraud/rules',
}))

const sources = globSync('src/**/*.ts', { cwd: repositoryRoot })
  .filter(file => !file.endsWith('.test.ts'))
  .toSorted()
const ELSEWHERE = [
  'src/directory/types.ts',
  'src/routing/types.ts',
  'src/api/operations.ts',
  'src/sip/transport/stream-framer.ts',
]
const catalogues = sources.filter(file => file.endsWith('errors.ts') || ELSEWHERE.includes(file))
const codes = [...checks, ...sourceRules, ...fraudRules, ...catalogues.flatMap(readCatalogue)]

test('docs/errors.md lists every code of every catalogue', () => {
  assert.ok(codes.length > 50, `only ${codes.length} codes were found`)
  const sections = ['src/firewall/checks', 'src/guard/detect/rules', ...catalogues, 'src/fraud/rules'].flatMap(file => {
    const rows = codes.filter(each => each.file === file)
    if (rows.length === 0) return []
    const lines = rows.map(({ code, status, meaning }) => `| \`${code}\` | ${status} | ${sentence(meaning)} |`)
    return [`\n## \`${file}\`\n\n| code | SIP | meaning |\n|---|---|---|\n${lines.join('\n')}\n`]
  })
  checkGenerated('docs/errors.md', INTRODUCTION + sections.join(''))
})

test('no code is used that no catalogue explains', () => {
  const known = new Set(codes.map(each => each.code))
  const rooms = new Set([...known].map(code => code.split('_')[0]!))
  const unknown: string[] = []
  for (const file of sources) {
    for (const [, code = ''] of readFileSync(join(repositoryRoot, file), 'utf8').matchAll(
      /'([A-Z]+(?:_[A-Z0-9]+)+)'/g,
    )) {
      if (rooms.has(code.split('_')[0]!) && !known.has(code)) unknown.push(`${file}: ${code}`)
    }
  }
  assert.deepEqual(unknown, [])
})

function sentence(text: string): string {
  const clean = text.replaceAll('|', '\\|').replace(/\.$/, '')
  return clean.charAt(0).toUpperCase() + clean.slice(1)
}
