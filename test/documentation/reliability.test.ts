import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RELIABILITY_DOCUMENT, reliabilityDocument } from '../faults/document.ts'
import { readResults } from '../faults/table.ts'
import { repositoryRoot } from '../support/places.ts'

const rows = readResults()
/** What has not been shown yet, and says so in the table. */
const OPEN: readonly string[] = []

test('docs/reliability.md is as the tests write it', () => {
  assert.ok(rows.length > 0)
  assert.equal(readFileSync(join(repositoryRoot, RELIABILITY_DOCUMENT), 'utf8'), reliabilityDocument(rows))
})

test('docs/reliability.md has the rows of every fault test, of no other, and none that failed but what is known to be open', () => {
  const titles = globSync('test/{faults,soak}/**/*.test.ts', { cwd: repositoryRoot }).flatMap(file => {
    const text = readFileSync(join(repositoryRoot, file), 'utf8')
    return [...text.matchAll(/\bfault: (['`])([^'`]+)\1/g)].map(match => `${file}: ${match[2]}`)
  })
  assert.deepEqual(rows.map(({ file, fault }) => `${file}: ${fault}`).toSorted(), titles.toSorted())
  assert.deepEqual(
    rows.filter(row => !row.passed && !OPEN.includes(row.fault)).map(row => row.fault),
    [],
  )
})
