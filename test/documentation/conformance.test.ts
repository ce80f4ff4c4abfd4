import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CONFORMANCE_DOCUMENT, documentOf, readRows } from '../conformance/table/document.ts'
import { repositoryRoot } from '../support/places.ts'

const text = readFileSync(join(repositoryRoot, CONFORMANCE_DOCUMENT), 'utf8')
const rows = readRows(text)
/** Imports what makes rows: directly, or for the messages of an RFC. */
const MAKING = /from '\.\.?\/(table\/conformance|torture\/vectors)\.ts'/

/** That a file's rows are the document's is checked by each file itself when it has run. */
test('docs/conformance.md has rows of every file that makes some, and of no other', () => {
  const making = globSync('test/conformance/**/*.test.ts', { cwd: repositoryRoot }).filter(file =>
    MAKING.test(readFileSync(join(repositoryRoot, file), 'utf8')),
  )
  assert.deepEqual([...new Set(rows.map(row => row.file))].toSorted(), making.toSorted())
})

test('docs/conformance.md is as the command writes it', () => {
  assert.ok(rows.length > 0)
  assert.equal(text, documentOf(rows))
})
