import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CONFORMANCE_DOCUMENT, documentOf, readRows } from '../conformance/table/document.ts'
import { HOSTILE } from '../conformance/torture/hostile.ts'
import { RFC4475 } from '../conformance/vectors/rfc4475.ts'
import { RFC5118 } from '../conformance/vectors/rfc5118.ts'
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

test('docs/conformance-witness.md has every message once, and counts what it shows', () => {
  const witness = readFileSync(join(repositoryRoot, 'docs/conformance-witness.md'), 'utf8')
  const sections = witness.split('\n## ').slice(1)
  const lists = [
    RFC4475.map(vector => vector.name).filter(name => name !== 'clerr'),
    RFC5118.map(vector => vector.name),
    HOSTILE.map(hostile => hostile.scenario),
  ]
  assert.equal(sections.length, lists.length)
  for (const [i, section] of sections.entries()) {
    const lines = section.split('\n').filter(line => line.startsWith('| RFC '))
    const cells = lines.map(line => line.slice(2, -2).split(/(?<!\\) \| /))
    assert.deepEqual(
      cells.map(([, name]) => name),
      lists[i],
    )
    const right = (column: number): number => cells.filter(row => !row[column]!.startsWith('**otherwise:**')).length
    const count = `Ringfence ${right(3)} of ${lines.length}, Kamailio ${right(4)} of ${lines.length}.`
    assert.ok(section.includes(count), `${count} is not what the document counts`)
  }
})
