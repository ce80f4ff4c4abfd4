/** docs/fuzzing.md is of a real run: its text is that of the generator, and every target has its row. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repositoryRoot } from '../support/places.ts'
import { TEXT } from './document.ts'
import { ATTACKS } from './server/storm.ts'
import { TARGET_NAMES } from './targets/index.ts'

const page = readFileSync(join(repositoryRoot, 'docs/fuzzing.md'), 'utf8')

test('the text is that of the generator', () => {
  assert.ok(page.startsWith(TEXT), 'npm run fuzz:hour writes it')
})

test('every target and every door has its row, with what a run did', () => {
  for (const name of TARGET_NAMES) assert.match(page, new RegExp(`^\\| ${name} \\| [1-9]`, 'm'))
  for (const [door] of ATTACKS) assert.match(page, new RegExp(`^\\| ${door} \\| [1-9]`, 'm'))
})
