/** docs/query.md has each field of the filter language, and every question in it can be read. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { QUERY_FIELDS } from '../../src/events/query/fields.ts'
import { parseQuery } from '../../src/events/query/parse.ts'
import { repositoryRoot } from '../support/places.ts'
import { checkGeneratedPart } from './generated.ts'

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8')

test('each field, with what it means', () => {
  const rows = QUERY_FIELDS.map(({ name, meaning, example }) => `| \`${name}\` | ${meaning} | \`${example}\` |`)
  checkGeneratedPart(
    'docs/query.md',
    'fields',
    ['| field | what it is | example |', '|---|---|---|', ...rows].join('\n'),
  )
})

test('every question of the document and of the examples of commands can be read', () => {
  const document = read('docs/query.md')
  const inTables = document
    .split('\n')
    .filter(line => line.startsWith('| `') && !line.includes('| field |'))
    .flatMap(line =>
      [...line.split(/(?<!\\)\|/)[1]!.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text.replace('\\|', '|')),
    )
  const fields = new Set<string>(QUERY_FIELDS.map(each => each.name))
  const inCommands = [
    ...read('docs/commands.md').matchAll(/ringfence events query "((?:[^"\\]|\\.)*)"/g),
    ...read('docs/log.md').matchAll(/ringfence events query "((?:[^"\\]|\\.)*)"/g),
  ].map(([, text = '']) => text)
  assert.ok(inTables.length > 20 && inCommands.length > 2, `${inTables.length} ${inCommands.length}`)
  const asked = [
    ...inTables.filter(text => !fields.has(text)),
    ...QUERY_FIELDS.map(each => each.example),
    ...inCommands,
  ]
  for (const text of asked) {
    const result = parseQuery(text)
    assert.ok(result.ok, `${text}: ${result.ok ? '' : result.error.message}`)
  }
})
