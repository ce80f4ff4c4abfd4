import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repositoryRoot, temporaryFolder } from '../support/places.ts'
import { RUNGS } from './rungs.ts'

const FIXTURE = `
import { test } from 'node:test'
test('good', () => {})
test('parent', async context => {
  await context.test('child', () => { throw new Error('the reason') })
})
test('left out', context => context.skip('no phone'))
`

test('the reporter counts, and names what failed and what was skipped', context => {
  const folder = temporaryFolder('reporter')
  context.after(() => folder.remove())
  const file = join(folder.path, 'fixture.test.mjs')
  writeFileSync(file, FIXTURE)
  const reporter = join(repositoryRoot, 'test/check/reporter.ts')
  // A test runner inside of a test runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env
  const result = spawnSync(process.execPath, ['--test', `--test-reporter=${reporter}`, file], { encoding: 'utf8', env })
  const lines = result.stdout
    .split('\n')
    .filter(line => line.startsWith('@report '))
    .map(line => JSON.parse(line.slice('@report '.length)) as Record<string, unknown>)
  assert.deepEqual(
    lines.map(({ kind, name, reason }) => ({ kind, name, reason })),
    [
      { kind: 'failed', name: 'child', reason: undefined },
      { kind: 'skipped', name: 'left out', reason: 'no phone' },
      { kind: 'summary', name: undefined, reason: undefined },
    ],
  )
  assert.match(String(lines[0]!['error']), /the reason/)
  assert.deepEqual(lines[2], { kind: 'summary', passed: 1, failed: 2, skipped: 1 })
})

test('the rungs stand in their order, and every test file belongs to one', () => {
  const names = RUNGS.map(rung => rung.name).join(' ')
  assert.equal(
    names,
    'format lint types architecture unit conformance golden fuzz interop attack browser faults soak documentation',
  )
  const files = RUNGS.flatMap(rung => ('files' in rung ? rung.files : []))
  const all = globSync('{src,test,examples,bench,console/src}/**/*.test.ts', { cwd: repositoryRoot })
  assert.deepEqual(files.toSorted(), all.toSorted())
})
