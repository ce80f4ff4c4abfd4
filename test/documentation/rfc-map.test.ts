import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repositoryRoot } from '../support/places.ts'

const text = readFileSync(join(repositoryRoot, 'docs/rfc-map.md'), 'utf8')
const rows = text
  .split('\n')
  .filter(line => line.startsWith('| ') && !line.startsWith('| RFC') && !line.startsWith('| from'))
  .map(line => line.split('|').map(cell => cell.trim()))
const pathsOf = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(match => match[1]!)

test('each row says how far it goes, and where it is where there is something', () => {
  const map = rows.filter(row => row.length === 6 && /^(done|partial|not)/.test(row[4]!))
  assert.ok(map.length > 50, `only ${map.length} rows`)
  for (const [, number, , where = '', state = ''] of map) {
    if (!state.startsWith('not')) assert.ok(pathsOf(where).length > 0, `${number}: no path`)
    for (const path of pathsOf(where)) assert.ok(existsSync(join(repositoryRoot, path)), `${number}: ${path}`)
  }
  const others = rows.filter(row => !map.includes(row) && row.length === 6)
  for (const [, from, , , path = ''] of others) {
    for (const each of pathsOf(path)) assert.ok(existsSync(join(repositoryRoot, each)), `${from}: ${each}`)
  }
})

test('every deviation that the source names is in the table', () => {
  const table = text.slice(text.indexOf('## Deviations'))
  const missing = globSync('src/**/*.ts', { cwd: repositoryRoot })
    .filter(file => /\bDeviation\b/.test(readFileSync(join(repositoryRoot, file), 'utf8')))
    .filter(file => !table.includes(`\`${file}\``))
  assert.deepEqual(missing, [])
})
