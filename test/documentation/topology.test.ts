/** docs/topology.md names what the code lets cross, and nothing else. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CROSSING_HEADERS } from '../../src/call/headers.ts'
import { CROSSING_TYPES } from '../../src/call/info.ts'
import { CROSSING_ATTRIBUTES } from '../../src/media/relay/local-description.ts'
import { repositoryRoot } from '../support/places.ts'

const document = readFileSync(join(repositoryRoot, 'docs/topology.md'), 'utf8')

function named(pattern: RegExp): readonly string[] {
  const text = pattern.exec(document)?.[0] ?? ''
  return [...text.matchAll(/`([^`]+)`/g)].map(match => match[1]!)
}

test('headers, bodies of INFO and session attributes are those of the code', () => {
  assert.deepEqual(named(/^\| `Subject`[^|]*\|/m), [...CROSSING_HEADERS])
  assert.deepEqual(named(/^\| INFO:[^|]*\|/m), [...CROSSING_TYPES])
  assert.deepEqual(named(/form that it must have:[\s\S]*?where both sides/), [...CROSSING_ATTRIBUTES.keys()])
})
